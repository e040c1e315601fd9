#include "cache/stored_reply.hpp"

#include <algorithm>
#include <cstddef>

#include "base/hash.hpp"
#include "cache/messages.hpp"

// A head, and behind it the fields in the order of to_stored(): numbers of eight bytes, lowest first, and texts behind
// their length. The head names the version of this layout, and has the sum of what follows.

namespace pgweir::cache {

namespace {

constexpr std::string_view layout = "pgweir2\n";
constexpr std::size_t head_size = layout.size() + sizeof(std::uint64_t);

void append_number(std::string& out, std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>(value >> shift));
}

void append_text(std::string& out, std::string_view text) {
    append_number(out, text.size());
    out += text;
}

std::uint64_t number_at(const char* where) noexcept {
    std::uint64_t value = 0;
    for (int i = 7; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(where[i]);
    return value;
}

/// Takes fields from the front of bytes, until one of them is not there.
class reader {
public:
    explicit reader(std::string_view from) : left_(from) {}

    std::uint64_t number() {
        if (left_.size() < sizeof(std::uint64_t)) {
            failed_ = true;
            return 0;
        }
        const std::uint64_t value = number_at(left_.data());
        left_.remove_prefix(sizeof value);
        return value;
    }
    std::string_view text() {
        const std::uint64_t size = number();
        if (size > left_.size()) {
            failed_ = true;
            return {};
        }
        const std::string_view found = left_.substr(0, size);
        left_.remove_prefix(size);
        return found;
    }
    std::size_t left() const noexcept { return left_.size(); }
    bool failed() const noexcept { return failed_; }

private:
    std::string_view left_;
    bool failed_ = false;
};

/// Nothing when they are not whole.
std::optional<std::string> tags_of(std::string_view messages) {
    std::string tags;
    if (!for_each_message(messages, [&tags](std::string_view each) { tags.push_back(each.front()); }))
        return std::nullopt;
    return tags;
}

bool is_description(std::string_view bytes) {
    const auto tags = tags_of(bytes);
    return tags && (tags->empty() || *tags == "T");
}

// An Execute with a limit of rows ends with PortalSuspended.
bool ends_rows(std::string_view message, std::uint64_t count) {
    return message.front() == 'C' || (message == std::string_view("s\0\0\0\4", 5) && count > 0);
}

bool are_rows(std::string_view bytes, std::uint64_t count) {
    const auto tags = tags_of(bytes);
    if (!tags || tags->empty() || tags->size() - 1 != count || tags->find_first_not_of('D') != count) return false;
    std::string_view last;
    for_each_message(bytes, [&last](std::string_view each) { last = each; });
    return ends_rows(last, count);
}

}  // namespace

std::string to_stored(const entry& what, std::string_view key) {
    std::string out;
    out.reserve(head_size + key.size() + what.description.size() + what.rows.size() + 16 * what.depends_on.size() + 64);
    out += layout;
    append_number(out, 0);
    append_text(out, key);
    append_text(out, what.description);
    append_text(out, what.rows);
    append_number(out, what.row_count);
    append_number(out, static_cast<std::uint64_t>(what.took.count()));
    append_number(out, static_cast<std::uint64_t>((what.expires - what.created).count()));
    const auto is_shared = [](const dependency& each) { return each.of->relation != no_relation; };
    append_number(out,
                  static_cast<std::uint64_t>(std::count_if(what.depends_on.begin(), what.depends_on.end(), is_shared)));
    for (const dependency& each : what.depends_on) {
        if (!is_shared(each)) continue;
        append_number(out, each.of->relation);
        append_number(out, each.then);
    }
    std::string sum;
    append_number(sum, base::fingerprint(std::string_view(out).substr(head_size)));
    out.replace(layout.size(), sum.size(), sum);
    return out;
}

std::optional<stored_reply> from_stored(std::string_view bytes, std::string_view key) {
    if (bytes.size() < head_size || !bytes.starts_with(layout)) return std::nullopt;
    reader fields(bytes.substr(head_size));
    if (number_at(bytes.data() + layout.size()) != base::fingerprint(bytes.substr(head_size))) return std::nullopt;
    if (fields.text() != key) return std::nullopt;
    stored_reply found;
    found.description = fields.text();
    found.rows = fields.text();
    found.row_count = fields.number();
    found.took = base::duration(static_cast<base::duration::rep>(fields.number()));
    found.lifetime = base::duration(static_cast<base::duration::rep>(fields.number()));
    const std::uint64_t count = fields.number();
    if (fields.failed() || count != fields.left() / 16) return std::nullopt;
    found.depends_on.resize(count);
    for (auto& each : found.depends_on) {
        const std::uint64_t relation = fields.number();
        each.relation = static_cast<relation_id>(relation);
        each.then = fields.number();
        if (relation >= no_relation || each.then == no_stamp) return std::nullopt;
    }
    if (fields.left() > 0 || found.took < base::duration::zero() || found.lifetime < base::duration::zero())
        return std::nullopt;
    if (!is_description(found.description) || !are_rows(found.rows, found.row_count)) return std::nullopt;
    return found;
}

}  // namespace pgweir::cache
