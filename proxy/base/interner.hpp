#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace pgweir::base {

class interner;

/// A text that exists once in the process. Equal texts are equal pointers. Copying is an atomic increment; any
/// thread may hold one; it must not outlive the interner that made it.
class interned {
public:
    interned() = default;
    interned(const interned& other) noexcept : entry_(other.entry_) { add_reference(); }
    interned(interned&& other) noexcept : entry_(other.entry_) { other.entry_ = nullptr; }
    interned& operator=(interned other) noexcept {
        std::swap(entry_, other.entry_);
        return *this;
    }
    ~interned() { drop_reference(); }

    explicit operator bool() const noexcept { return entry_ != nullptr; }
    bool operator==(const interned& other) const noexcept { return entry_ == other.entry_; }

    /// Requires a non-empty handle. Valid as long as any handle to this text lives.
    std::string_view text() const noexcept { return entry_->text; }

    /// Never used again for another text, so that it can name a thing on a server.
    std::uint64_t id() const noexcept { return entry_->id; }

    /// A mark that anybody may set and nobody takes away, as long as the text lives.
    void mark() const noexcept { entry_->marked.store(true, std::memory_order_relaxed); }
    bool marked() const noexcept { return entry_->marked.load(std::memory_order_relaxed); }

private:
    friend class interner;

    struct entry {
        std::string text;
        std::uint64_t id;
        std::uint64_t hash;
        interner* owner;
        std::atomic<std::uint32_t> references;
        std::atomic<bool> marked{false};
    };

    explicit interned(entry* adopted) noexcept : entry_(adopted) {}
    void add_reference() const noexcept {
        if (entry_ != nullptr) entry_->references.fetch_add(1, std::memory_order_relaxed);
    }
    void drop_reference() noexcept;

    entry* entry_ = nullptr;
};

/// Makes equal texts the same object. The one thread-safe class of the core: entries are immutable, counts are
/// atomic, and each shard has its own mutex, held for a hash lookup only.
class interner {
public:
    interner() = default;
    interner(const interner&) = delete;
    interner& operator=(const interner&) = delete;
    ~interner();

    /// Allocates only for a text that no handle holds.
    interned intern(std::string_view text);

    /// Texts alive; for metrics and for tests that look for leaks.
    std::size_t size() const;

private:
    friend class interned;

    static constexpr std::size_t shard_count = 16;

    struct shard {
        mutable std::mutex mutex;
        std::unordered_multimap<std::uint64_t, interned::entry*> entries;
    };

    void forget(interned::entry* dead, std::uint64_t hash) noexcept;
    shard& shard_for(std::uint64_t hash) noexcept { return shards_[hash % shard_count]; }

    std::array<shard, shard_count> shards_;
    std::atomic<std::uint64_t> next_id_{1};
};

}  // namespace pgweir::base
