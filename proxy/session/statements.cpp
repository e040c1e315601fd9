#include "session/statements.hpp"

#include <cstring>
#include <iterator>
#include <utility>

#include "session/statement_names.hpp"

namespace pgweir::session {

namespace {

constexpr std::size_t sizes_size = 2 * sizeof(std::uint32_t);

// Texts above this are not worth keeping room for when a shorter one follows.
constexpr std::size_t kept_text = 4096;

std::uint32_t size_at(std::string_view key, std::size_t offset) {
    std::uint32_t value = 0;
    std::memcpy(&value, key.data() + offset, sizeof value);
    return value;
}

std::size_t text_size(const client_statement& of) {
    return of.statement ? of.statement.text().size() : 0;
}

void append_size(std::string& out, std::size_t size) {
    const auto value = static_cast<std::uint32_t>(size);
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    out.append(raw, sizeof raw);
}

}  // namespace

prepared_statement prepared_statement::make(base::interner& texts, base::bytes_view parameter_types,
                                            std::string_view identity, std::string_view text) {
    std::string key;
    key.reserve(sizes_size + parameter_types.size() + identity.size() + text.size());
    append_size(key, parameter_types.size());
    append_size(key, identity.size());
    key.append(parameter_types).append(identity).append(text);
    prepared_statement made;
    made.key_ = texts.intern(key);
    return made;
}

std::string_view prepared_statement::text() const noexcept {
    const std::string_view key = key_.text();
    return key.substr(sizes_size + size_at(key, 0) + size_at(key, sizeof(std::uint32_t)));
}

base::bytes_view prepared_statement::parameter_types() const noexcept {
    const std::string_view key = key_.text();
    return key.substr(sizes_size, size_at(key, 0));
}

std::string_view prepared_statement::identity() const noexcept {
    const std::string_view key = key_.text();
    return key.substr(sizes_size + size_at(key, 0), size_at(key, sizeof(std::uint32_t)));
}

std::string prepared_statement::server_name() const {
    return std::string(server_name_prefix) + std::to_string(id());
}

const client_statement* client_statements::find(std::string_view name) const {
    if (last_found_ != nullptr && last_found_->first == name) return &last_found_->second;
    if (!by_name_) return nullptr;
    const auto found = by_name_->find(name);
    if (found == by_name_->end()) return nullptr;
    last_found_ = &*found;
    return &found->second;
}

client_statement* client_statements::find(std::string_view name) {
    return const_cast<client_statement*>(std::as_const(*this).find(name));
}

sql::effect client_statements::effects_of(std::string_view name, sql::effect unknown) const {
    if (name.empty()) return unnamed_.effects;
    const client_statement* known = find(name);
    return known == nullptr ? unknown : known->effects;
}

std::optional<std::string_view> client_statements::name_of(std::string_view server_name) const {
    if (!by_name_) return std::nullopt;
    for (const auto& [name, known] : *by_name_) {
        if (known.statement && known.statement.server_name() == server_name) return name;
    }
    return std::nullopt;
}

bool client_statements::add(std::string_view name, client_statement statement) {
    if (!by_name_) by_name_.emplace();
    const auto [at, added] = by_name_->try_emplace(std::string(name), std::move(statement));
    if (added) text_bytes_ += text_size(at->second);
    return added;
}

std::optional<client_statement> client_statements::remove(std::string_view name) {
    if (!by_name_) return std::nullopt;
    const auto found = by_name_->find(name);
    if (found == by_name_->end()) return std::nullopt;
    client_statement taken = std::move(found->second);
    last_found_ = nullptr;
    by_name_->erase(found);
    text_bytes_ -= text_size(taken);
    if (by_name_->empty()) by_name_.reset();
    return taken;
}

void client_statements::clear() {
    clear_named();
    drop_unnamed();
}

void client_statements::clear_named() {
    last_found_ = nullptr;
    by_name_.reset();
    text_bytes_ = 0;
}

void client_statements::set_unnamed(std::string_view text, base::bytes_view parameter_types, sql::effect effects) {
    if (unnamed_.text.capacity() > kept_text && text.size() <= kept_text) std::string().swap(unnamed_.text);
    unnamed_.present = true;
    unnamed_.text.assign(text);
    unnamed_.parameter_types.assign(parameter_types);
    ++unnamed_.generation;
    unnamed_.identity = 0;
    unnamed_.description.reset();
    unnamed_.effects = effects;
    unnamed_.result_changed = false;
}

void client_statements::drop_unnamed() {
    unnamed_.present = false;
    if (unnamed_.text.capacity() > kept_text) std::string().swap(unnamed_.text);
    unnamed_.description.reset();
}

server_statements::presence server_statements::state_of(const prepared_statement& statement) const {
    const auto found = by_id_.find(statement.id());
    if (found == by_id_.end()) return presence::absent;
    return found->second->epoch == epoch_ ? presence::current : presence::outdated;
}

bool server_statements::contains(const prepared_statement& statement) {
    const auto found = by_id_.find(statement.id());
    if (found == by_id_.end() || found->second->epoch != epoch_) return false;
    order_.splice(order_.begin(), order_, found->second);
    return true;
}

std::optional<prepared_statement> server_statements::add(const prepared_statement& statement, std::size_t capacity) {
    order_.push_front({statement, epoch_});
    by_id_[statement.id()] = order_.begin();
    if (order_.size() <= capacity || order_.size() < 2) return std::nullopt;
    prepared_statement evicted = std::move(order_.back().statement);
    by_id_.erase(evicted.id());
    order_.pop_back();
    return evicted;
}

std::optional<description_print> server_statements::description_of(const prepared_statement& statement) const {
    const auto found = by_id_.find(statement.id());
    return found == by_id_.end() ? std::nullopt : found->second->description;
}

void server_statements::set_description(const prepared_statement& statement, description_print seen) {
    const auto found = by_id_.find(statement.id());
    if (found != by_id_.end()) found->second->description = seen;
}

void server_statements::add_last(const prepared_statement& statement) {
    if (by_id_.contains(statement.id())) return;
    order_.push_back({statement, epoch_});
    by_id_[statement.id()] = std::prev(order_.end());
}

void server_statements::remove(const prepared_statement& statement) {
    const auto found = by_id_.find(statement.id());
    if (found == by_id_.end()) return;
    order_.erase(found->second);
    by_id_.erase(found);
}

void server_statements::clear() {
    by_id_.clear();
    order_.clear();
}

}  // namespace pgweir::session
