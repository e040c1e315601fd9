#include "pool/member.hpp"

#include <utility>

namespace pgweir::pool {

member::member(std::uint64_t id, std::uint32_t worker, slot place, base::time_point created,
               std::uint64_t entropy) noexcept
    : id_(id), entropy_(entropy), created_(created), last_used_(created), slot_(std::move(place)), worker_(worker) {}

member::~member() = default;

}  // namespace pgweir::pool
