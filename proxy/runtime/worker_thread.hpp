#pragma once

#include <pthread.h>

#include <functional>

namespace pgweir::runtime {

/// A thread with a stack on which SQL may be parsed (see sql::understand_stack_bytes), whatever the limits are that the
/// process was started under.
class worker_thread {
public:
    /// Throws std::system_error when there can be no thread.
    explicit worker_thread(std::function<void()> work);
    worker_thread(worker_thread&& other) noexcept;
    worker_thread& operator=(worker_thread&&) = delete;
    /// Requires join().
    ~worker_thread();

    void join();

private:
    pthread_t id_{};
    bool runs_ = false;
};

}  // namespace pgweir::runtime
