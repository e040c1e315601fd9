#include "runtime/worker_thread.hpp"

#include <cassert>
#include <memory>
#include <system_error>
#include <utility>

#include "sql/understand.hpp"

namespace pgweir::runtime {

namespace {

// What else is on it: coroutines are on the heap, and nothing but the parser recurses.
constexpr std::size_t stack_bytes = sql::understand_stack_bytes + std::size_t{1024} * 1024;

void* run(void* work) {
    const std::unique_ptr<std::function<void()>> owned(static_cast<std::function<void()>*>(work));
    (*owned)();
    return nullptr;
}

void check(int error, const char* what) {
    if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

}  // namespace

worker_thread::worker_thread(std::function<void()> work) {
    pthread_attr_t how;
    check(pthread_attr_init(&how), "pthread_attr_init");
    auto owned = std::make_unique<std::function<void()>>(std::move(work));
    int error = pthread_attr_setstacksize(&how, stack_bytes);
    if (error == 0) error = pthread_create(&id_, &how, run, owned.get());
    pthread_attr_destroy(&how);
    check(error, "starting a worker's thread");
    static_cast<void>(owned.release());
    runs_ = true;
}

worker_thread::worker_thread(worker_thread&& other) noexcept
    : id_(other.id_), runs_(std::exchange(other.runs_, false)) {}

worker_thread::~worker_thread() {
    assert(!runs_);
}

void worker_thread::join() {
    if (std::exchange(runs_, false)) pthread_join(id_, nullptr);
}

}  // namespace pgweir::runtime
