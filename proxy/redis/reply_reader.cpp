#include "redis/reply_reader.hpp"

#include <hiredis/read.h>

#include <algorithm>
#include <new>
#include <string_view>

namespace pgweir::redis {
namespace {

reply_reader& reader_of(const redisReadTask* task) noexcept {
    return *static_cast<reply_reader*>(task->privdata);
}

/// hiredis takes nullptr for a failure, and hands anything else to the parent's task, which here needs nothing of it.
void* stands_for(bool good) noexcept {
    static char something = 0;
    return good ? &something : nullptr;
}

}  // namespace

/// What hiredis calls for each value, in the order in which they come. Nothing may be thrown through it: without
/// memory the process ends, as it would elsewhere in a worker.
struct reply_reader::callbacks {
    static void* string(const redisReadTask* task, char* text, std::size_t length) noexcept {
        return stands_for(reader_of(task).add_text(*task, text, length));
    }

    static void* array(const redisReadTask* task, int elements) noexcept {
        reply_tree::node* added = reader_of(task).add(reply_type::array);
        if (added == nullptr) return nullptr;
        added->number = elements;
        ++reader_of(task).arrays_;
        return stands_for(true);
    }

    static void* integer(const redisReadTask* task, long long number) noexcept {
        reply_tree::node* added = reader_of(task).add(reply_type::integer);
        if (added == nullptr) return nullptr;
        added->number = number;
        return stands_for(true);
    }

    static void* nil(const redisReadTask* task) noexcept {
        return stands_for(reader_of(task).add(reply_type::nil) != nullptr);
    }

    static redisReplyObjectFunctions* table() noexcept {
        static redisReplyObjectFunctions functions{string, array, integer, nil, nullptr};
        return &functions;
    }
};

void reply_reader::close::operator()(redisReader* which) const noexcept {
    redisReaderFree(which);
}

reply_reader::reply_reader(std::size_t most_bytes)
    : reader_(redisReaderCreateWithFunctions(callbacks::table())), most_bytes_(most_bytes) {
    if (!reader_) throw std::bad_alloc();
    reader_->privdata = this;
}

reply_reader::~reply_reader() = default;

void reply_reader::feed(base::bytes_view bytes) {
    if (!broken_) broken_ = redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK;
}

reply_reader::step reply_reader::next() {
    if (broken_) return step::broken;
    if (complete_) start_reply();
    void* found = nullptr;
    broken_ = redisReaderGetReply(reader_.get(), &found) != REDIS_OK;
    if (broken_) return step::broken;
    if (found != nullptr) {
        complete_ = true;
        measure_arrays();
        return step::reply;
    }
    broken_ = reader_->len - reader_->pos + tree_.bytes.size() > most_bytes_;
    return broken_ ? step::broken : step::wait;
}

void reply_reader::start_reply() noexcept {
    complete_ = false;
    arrays_ = 0;
    tree_.nodes.clear();
    tree_.bytes.clear();
    if (tree_.bytes.capacity() > kept_bytes) std::string().swap(tree_.bytes);
    if (tree_.nodes.capacity() > kept_bytes / sizeof(reply_tree::node))
        std::vector<reply_tree::node>().swap(tree_.nodes);
}

reply_tree::node* reply_reader::add(reply_type type) {
    if (tree_.nodes.size() == most_nodes) return nullptr;
    tree_.nodes.push_back({.type = type});
    return &tree_.nodes.back();
}

bool reply_reader::add_text(const redisReadTask& task, const char* text, std::size_t length) {
    if (length > most_bytes_ - std::min(tree_.bytes.size(), most_bytes_)) return false;
    reply_type type = reply_type::string;
    if (task.type == REDIS_REPLY_STATUS) {
        type = reply_type::status;
    } else if (task.type == REDIS_REPLY_ERROR) {
        type = reply_type::error;
    } else if (std::string_view(text + length, 2) != "\r\n") {
        // hiredis steps over the two bytes behind a bulk string, whatever they are.
        return false;
    }
    reply_tree::node* added = add(type);
    if (added == nullptr) return false;
    added->offset = tree_.bytes.size();
    added->number = static_cast<std::int64_t>(length);
    tree_.bytes.append(text, length);
    return true;
}

// From the last to the first, so that what stands inside of an array has been measured. A single value, or an array of
// single values, needs none of it.
void reply_reader::measure_arrays() noexcept {
    if (arrays_ < 2) return;
    for (std::size_t at = tree_.nodes.size(); at-- > 0;) {
        reply_tree::node& node = tree_.nodes[at];
        if (node.type != reply_type::array) continue;
        std::size_t behind = at + 1;
        for (std::int64_t left = node.number; left > 0; --left) behind += tree_.nodes[behind].span;
        node.span = static_cast<std::uint32_t>(behind - at);
    }
}

}  // namespace pgweir::redis
