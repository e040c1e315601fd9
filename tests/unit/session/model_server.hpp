#pragma once

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "session/messages.hpp"

namespace pgweir::test {

/// What the sessions of one made-up database share.
struct model_database {
    int shape = 0;  ///< "SELECT shape" has a column of this type: changing it is ALTER TABLE
    std::vector<std::string> executed;  ///< every statement that ran, in any session
};

/// One session of a tiny PostgreSQL: prepared statements, portals, transactions, error until Sync, COPY, settings.
/// Takes what a client sends, in any pieces, and says what a server would. Its answers tell what was asked of it, so
/// that a statement that went to the wrong place is seen. Texts it knows beside the commands of transactions and
/// settings: SELECT anything (one row: the text, or for `$1` the value too), SELECT rows N, SELECT shape, SELECT fail
/// (an error when run), SYNTAX (an error when parsed), INSERT, ALTER TABLE t (changes the shape), COPY t FROM STDIN,
/// COPY t TO STDOUT, COPY fail.
class model_server {
public:
    /// `startup`: settings asked for at login, to which RESET returns.
    explicit model_server(model_database& database,
                          const std::vector<std::pair<std::string, std::string>>& startup = {})
        : database_(&database) {
        for (const auto& [name, value] : defaults()) untouched_[folded(name)] = value;
        for (const auto& [name, value] : startup) untouched_[folded(name)] = value;
        settings_ = told_ = at_begin_ = untouched_;
    }

    /// Settings of an untouched session; the first five are reported.
    static std::vector<std::pair<std::string, std::string>> defaults() {
        return {{"client_encoding", "UTF8"},
                {"DateStyle", "ISO, MDY"},
                {"TimeZone", "Etc/UTC"},
                {"application_name", ""},
                {"standard_conforming_strings", "on"},
                {"search_path", "public"}};
    }
    static constexpr std::size_t reported_count = 5;

    void receive(std::string_view bytes) {
        in_ += bytes;
        for (const message& one : take_messages(in_, direction::from_client)) take(one);
    }

    /// What it has said since the last time.
    std::string take_output() { return std::exchange(out_, {}); }

    char status() const { return failed_ ? 'E' : block_ ? 'T' : 'I'; }
    /// Nothing half received, nothing begun and not ended.
    bool quiet() const { return in_.empty() && !skipping_ && !copy_in_ && !implicit_ && status() == 'I'; }
    bool copies_in() const { return copy_in_; }

    std::vector<std::string> statement_names() const {
        std::vector<std::string> names;
        for (const auto& [name, known] : statements_) {
            if (!name.empty() && name != "pgweir_gone") names.push_back(name);
        }
        return names;
    }
    std::optional<std::string> text_of(const std::string& name) const {
        const auto found = statements_.find(name);
        return found == statements_.end() ? std::nullopt : std::optional(found->second.text);
    }
    std::string setting(std::string_view name) const {
        const auto found = settings_.find(folded(name));
        return found == settings_.end() ? std::string() : found->second;
    }
    void set(std::string_view name, std::string_view value) { settings_[folded(name)] = value; }
    void refuse_surveys(bool refuses) { refuses_surveys_ = refuses; }

    /// CancelRequest: only what waits for more input can be hit.
    void cancel() {
        if (!copy_in_) return;
        fail("57014", "canceling statement due to user request");
        after_copy();
    }

private:
    struct statement {
        std::string text;
        int shape = 0;
    };
    struct portal {
        std::string text;
        std::vector<std::string> values;
        int rows_sent = 0;
    };
    using settings_map = std::map<std::string, std::string>;

    static std::string folded(std::string_view name) {
        std::string lower(name);
        for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        return lower;
    }

    void take(const message& one);
    void take_query(const message& one);
    void take_parse(const message& one);
    void take_bind(const message& one);
    void take_describe(const message& one);
    void take_execute(const message& one);
    void take_close(const message& one);
    void take_sync();
    bool take_in_copy(const message& one);
    bool run(const std::string& text, const std::vector<std::string>& values, int& sent, int limit);
    bool run_command(const std::string& text);
    bool run_setting(const std::string& text);
    bool run_survey(const std::string& text);
    void remember_leftover(std::string_view text);
    bool run_rows(int count, int& sent, int limit);
    void begin_copy();
    void after_copy();
    void end_block(bool commit);
    void finish_implicit(bool commit);
    void report_settings();
    void say_ready();
    void fail(std::string_view sqlstate, std::string_view text);
    void extended_failure(std::string_view sqlstate, std::string_view text);
    std::string description_of(const statement& known) const;

    static bool starts(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }
    static bool ends_block(std::string_view text) { return text == "COMMIT" || text == "ROLLBACK"; }
    static bool returns_rows(std::string_view text) { return starts(text, "SELECT") || starts(text, "SHOW"); }

    model_database* database_;
    std::string in_;
    std::string out_;
    std::map<std::string, statement> statements_;
    std::map<std::string, portal> portals_;
    settings_map untouched_;
    settings_map settings_;
    settings_map told_;
    settings_map at_begin_;
    std::set<std::string> holds_;  ///< what else a survey would find, by metrics::pin_reason's names
    bool implicit_ = false;  ///< a transaction was begun by a message and not by BEGIN
    bool block_ = false;
    bool failed_ = false;
    bool skipping_ = false;
    bool copy_in_ = false;
    bool copy_extended_ = false;
    bool refuses_surveys_ = false;
    std::vector<std::string> rest_of_query_;  ///< behind a COPY FROM STDIN
    std::size_t copied_ = 0;
};

inline void model_server::fail(std::string_view sqlstate, std::string_view text) {
    out_ += error(sqlstate, text);
    if (block_) failed_ = true;
    finish_implicit(false);
}

inline void model_server::extended_failure(std::string_view sqlstate, std::string_view text) {
    fail(sqlstate, text);
    skipping_ = true;
}

inline void model_server::finish_implicit(bool commit) {
    if (!implicit_ || block_) return;
    implicit_ = false;
    if (!commit) settings_ = at_begin_;
    portals_.clear();
}

inline void model_server::end_block(bool commit) {
    if (!commit) settings_ = at_begin_;
    block_ = failed_ = implicit_ = false;
    portals_.clear();
}

inline void model_server::report_settings() {
    for (std::size_t i = 0; i < reported_count; ++i) {
        const std::string name = defaults()[i].first;
        const std::string& value = settings_[folded(name)];
        if (value == told_[folded(name)]) continue;
        told_[folded(name)] = value;
        out_ += parameter(name, value);
    }
}

inline void model_server::say_ready() {
    report_settings();
    out_ += ready(status());
}

inline void model_server::take(const message& one) {
    if (take_in_copy(one)) return;
    if (skipping_ && one.tag != 'S' && one.tag != 'X') return;
    if (one.tag != 'S' && one.tag != 'H' && one.tag != 'X' && !block_ && !implicit_ && one.tag != 'd' &&
        one.tag != 'c' && one.tag != 'f' && one.tag != 'C') {
        implicit_ = true;
        at_begin_ = settings_;
    }
    switch (one.tag) {
        case 'Q': take_query(one); break;
        case 'P': take_parse(one); break;
        case 'B': take_bind(one); break;
        case 'D': take_describe(one); break;
        case 'E': take_execute(one); break;
        case 'C': take_close(one); break;
        case 'S': take_sync(); break;
        case 'F':
            if (failed_) {
                fail("25P02", "current transaction is aborted");
            } else {
                out_ += function_result("42");
                finish_implicit(true);
            }
            say_ready();
            break;
        default: break;
    }
}

inline std::vector<std::string> statements_in(std::string_view text) {
    std::vector<std::string> all;
    std::string current;
    bool quoted = false;
    for (const char c : text) {
        if (c == '\'') quoted = !quoted;
        if (c == ';' && !quoted) {
            if (!current.empty()) all.push_back(std::exchange(current, {}));
        } else if (c != ' ' || !current.empty()) {
            current += c;
        }
    }
    if (!current.empty()) all.push_back(current);
    return all;
}

inline void model_server::take_query(const message& one) {
    statements_.erase("");
    const auto text = wire::decode_query(one.body());
    const std::vector<std::string> texts = text ? statements_in(*text) : std::vector<std::string>{};
    copy_extended_ = false;
    if (texts.empty()) out_ += empty_query();
    if (std::any_of(texts.begin(), texts.end(), [](const auto& t) { return starts(t, "SYNTAX"); })) {
        fail("42601", "syntax error");
        say_ready();
        return;
    }
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (!failed_ && returns_rows(texts[i])) out_ += description_of({texts[i], database_->shape});
        int sent = 0;
        if (!run(texts[i], {}, sent, 0)) break;
        if (copy_in_) {
            rest_of_query_.assign(texts.begin() + static_cast<std::ptrdiff_t>(i) + 1, texts.end());
            return;
        }
        // What follows COMMIT in the same text is a transaction of its own.
        if (!block_ && !implicit_) {
            implicit_ = true;
            at_begin_ = settings_;
        }
    }
    finish_implicit(true);
    say_ready();
}

inline void model_server::take_parse(const message& one) {
    const auto parsed = wire::decode_parse(one.body());
    if (!parsed) return extended_failure("08P01", "invalid Parse");
    const std::string name(parsed->statement);
    const auto texts = statements_in(parsed->text);
    const std::string text = texts.empty() ? std::string() : texts.front();
    if (name.empty()) statements_.erase(name);
    if (starts(text, "SYNTAX")) return extended_failure("42601", "syntax error");
    if (failed_ && !ends_block(text) && !text.empty())
        return extended_failure("25P02", "current transaction is aborted");
    if (statements_.contains(name)) {
        return extended_failure("42P05", "prepared statement \"" + name + "\" already exists");
    }
    statements_[name] = {text, database_->shape};
    out_ += parse_complete();
}

inline void model_server::take_bind(const message& one) {
    const auto bound = wire::decode_bind(one.body());
    if (!bound) return extended_failure("08P01", "invalid Bind");
    const std::string name(bound->statement);
    const auto found = statements_.find(name);
    if (found == statements_.end()) {
        if (name.empty()) return extended_failure("26000", "unnamed prepared statement does not exist");
        return extended_failure("26000", "prepared statement \"" + name + "\" does not exist");
    }
    const std::string& text = found->second.text;
    if (failed_ && !ends_block(text)) return extended_failure("25P02", "current transaction is aborted");
    const std::size_t wanted = text.find("$1") == std::string::npos ? 0 : 1;
    if (bound->values.size() != wanted) return extended_failure("08P01", "wrong number of parameters");
    if (text == "SELECT shape" && found->second.shape != database_->shape)
        return extended_failure("0A000", "cached plan must not change result type");
    portal made{.text = text, .values = {}, .rows_sent = 0};
    for (const auto& value : bound->values) made.values.emplace_back(value.value_or("NULL"));
    const std::string portal_name(bound->portal);
    if (!portal_name.empty() && portals_.contains(portal_name))
        return extended_failure("42P03", "cursor already exists");
    portals_[portal_name] = std::move(made);
    out_ += bind_complete();
}

inline std::string model_server::description_of(const statement& known) const {
    if (!returns_rows(known.text)) return no_data();
    return row_description(known.text, known.text == "SELECT shape" ? 1000U + static_cast<unsigned>(known.shape) : 25U);
}

inline void model_server::take_describe(const message& one) {
    const auto target = wire::decode_target(one.body());
    if (!target) return extended_failure("08P01", "invalid Describe");
    const std::string name(target->name);
    if (target->kind == 'S') {
        const auto found = statements_.find(name);
        if (found == statements_.end())
            return extended_failure("26000", name.empty() ? "unnamed prepared statement does not exist"
                                                          : "prepared statement \"" + name + "\" does not exist");
        if (failed_ && returns_rows(found->second.text))
            return extended_failure("25P02", "current transaction is aborted");
        out_ += parameter_description(found->second.text.find("$1") == std::string::npos ? 0 : 1);
        out_ += description_of(found->second);
        return;
    }
    const auto found = portals_.find(name);
    if (found == portals_.end()) return extended_failure("34000", "portal does not exist: " + name);
    out_ += description_of({found->second.text, database_->shape});
}

inline void model_server::take_execute(const message& one) {
    const auto wanted = wire::decode_execute(one.body());
    if (!wanted) return extended_failure("08P01", "invalid Execute");
    const auto found = portals_.find(std::string(wanted->portal));
    if (found == portals_.end()) return extended_failure("34000", "portal does not exist");
    copy_extended_ = true;
    const portal running = found->second;
    int sent = running.rows_sent;
    if (running.text.empty()) {
        out_ += empty_query();
        return;
    }
    if (!run(running.text, running.values, sent, wanted->max_rows)) {
        skipping_ = true;
        return;
    }
    const auto still = portals_.find(std::string(wanted->portal));
    if (still != portals_.end()) still->second.rows_sent = sent;
}

inline void model_server::take_close(const message& one) {
    const auto target = wire::decode_target(one.body());
    if (!target) return extended_failure("08P01", "invalid Close");
    if (target->kind == 'S')
        statements_.erase(std::string(target->name));
    else
        portals_.erase(std::string(target->name));
    out_ += close_complete();
}

inline void model_server::take_sync() {
    skipping_ = false;
    finish_implicit(true);
    say_ready();
}

}  // namespace pgweir::test

#include "session/model_commands.hpp"
