#pragma once

#include <cstring>
#include <memory>
#include <string_view>

namespace pgweir::test {

/// A copy in a heap block of exactly its size, so that AddressSanitizer sees a decoder that reads one byte too far.
class exact_copy {
public:
    explicit exact_copy(std::string_view bytes) : block_(new char[bytes.size()]), size_(bytes.size()) {
        if (size_ > 0) std::memcpy(block_.get(), bytes.data(), size_);
    }

    std::string_view view() const noexcept { return {block_.get(), size_}; }

private:
    std::unique_ptr<char[]> block_;
    std::size_t size_;
};

}  // namespace pgweir::test
