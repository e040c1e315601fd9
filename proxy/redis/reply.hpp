#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace pgweir::redis {

enum class reply_type : std::uint8_t { nil, integer, status, error, string, array };

/// One value and behind it those inside of it, in the order in which they came: what a reply_reader fills.
struct reply_tree {
    struct node {
        reply_type type = reply_type::nil;
        std::uint32_t span = 1;   ///< this node and all below it; of the first node it is not kept
        std::size_t offset = 0;   ///< of text, in `bytes`
        std::int64_t number = 0;  ///< of text: its length; of an array: its elements
    };

    std::vector<node> nodes;
    std::string bytes;
};

/// A look at a reply. Valid for as long as whoever handed it out says.
class reply {
public:
    /// Requires that the tree is complete and has a node at `position`.
    explicit reply(const reply_tree& tree, std::size_t position = 0) noexcept : tree_(&tree), position_(position) {}

    reply_type type() const noexcept { return node().type; }
    bool is_nil() const noexcept { return type() == reply_type::nil; }
    bool is_error() const noexcept { return type() == reply_type::error; }

    /// Of a string, a status and an error; else empty.
    std::string_view text() const noexcept {
        if (type() != reply_type::string && type() != reply_type::status && type() != reply_type::error) return {};
        return std::string_view(tree_->bytes).substr(node().offset, static_cast<std::size_t>(node().number));
    }

    /// 0 of what is none.
    std::int64_t integer() const noexcept { return type() == reply_type::integer ? node().number : 0; }

    /// How many elements an array has; 0 of what is none.
    std::size_t size() const noexcept {
        return type() == reply_type::array ? static_cast<std::size_t>(node().number) : 0;
    }

    /// Over the elements of an array; nothing of what is none.
    class iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = reply;
        using difference_type = std::ptrdiff_t;
        using pointer = const reply*;
        using reference = reply;

        iterator(const reply_tree& tree, std::size_t position, std::size_t left) noexcept
            : tree_(&tree), position_(position), left_(left) {}

        reply operator*() const noexcept { return reply(*tree_, position_); }
        iterator& operator++() noexcept {
            position_ += tree_->nodes[position_].span;
            --left_;
            return *this;
        }
        iterator operator++(int) noexcept {
            const iterator before = *this;
            ++*this;
            return before;
        }
        bool operator==(const iterator& other) const noexcept { return left_ == other.left_; }

    private:
        const reply_tree* tree_;
        std::size_t position_;
        std::size_t left_;
    };
    iterator begin() const noexcept { return {*tree_, position_ + 1, size()}; }
    iterator end() const noexcept { return {*tree_, 0, 0}; }

private:
    const reply_tree::node& node() const noexcept { return tree_->nodes[position_]; }

    const reply_tree* tree_;
    std::size_t position_;
};

/// The first word of an error reply, which says what kind it is: `ERR`, `OOM`, `WRONGTYPE`. Empty when there is none in
/// capitals. What follows it may repeat words of the command, a password too, and belongs in no log.
std::string_view error_kind(std::string_view text) noexcept;

}  // namespace pgweir::redis
