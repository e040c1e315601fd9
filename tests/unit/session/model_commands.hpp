#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "session/model_server.hpp"

// What the statements of the model do.

namespace pgweir::test {

inline bool model_server::take_in_copy(const message& one) {
    if (!copy_in_) return false;
    switch (one.tag) {
        case 'd':
            if (one.body() == "bad") {
                fail("22P02", "bad data");
                after_copy();
            }
            ++copied_;
            return true;
        case 'c': {
            database_->executed.push_back("copied");
            out_ += complete("COPY " + std::to_string(copied_));
            after_copy();
            return true;
        }
        case 'f':
            fail("57014", "COPY from stdin failed");
            after_copy();
            return true;
        case 'S':
        case 'H': return true;  // ignored, as the manual says
        default:
            fail("08P01", "unexpected message type during COPY from stdin");
            after_copy();
            return true;
    }
}

inline void model_server::begin_copy() {
    copy_in_ = true;
    copied_ = 0;
    out_ += copy_response('G');
}

inline void model_server::after_copy() {
    copy_in_ = false;
    const bool worked = !failed_ && (implicit_ || block_);
    if (copy_extended_) {
        if (!worked) skipping_ = true;
        return;
    }
    if (!worked) rest_of_query_.clear();
    const std::vector<std::string> rest = std::exchange(rest_of_query_, {});
    for (std::size_t i = 0; i < rest.size(); ++i) {
        int sent = 0;
        if (!run(rest[i], {}, sent, 0)) break;
        if (copy_in_) {
            rest_of_query_.assign(rest.begin() + static_cast<std::ptrdiff_t>(i) + 1, rest.end());
            return;
        }
    }
    finish_implicit(true);
    say_ready();
}

inline bool model_server::run(const std::string& text, const std::vector<std::string>& values, int& sent, int limit) {
    if (failed_ && !ends_block(text)) {
        fail("25P02", "current transaction is aborted");
        return false;
    }
    database_->executed.push_back(text);
    if (starts(text, "SELECT fail")) {
        fail("22012", "division by zero");
        return false;
    }
    if (starts(text, "SELECT pg_catalog.set_config(")) return run_setting(text);
    if (starts(text, "SELECT 'setting'")) return run_survey(text);
    remember_leftover(text);
    if (starts(text, "SHOW ")) {
        out_ += data_row(setting(text.substr(5)));
        out_ += complete("SHOW");
        return true;
    }
    if (starts(text, "SELECT rows ")) return run_rows(std::stoi(text.substr(12)), sent, limit);
    if (starts(text, "SELECT")) {
        std::string value = text;
        for (const std::string& one : values) value += '|' + one;
        out_ += data_row(value);
        out_ += complete("SELECT 1");
        return true;
    }
    if (starts(text, "INSERT")) {
        out_ += complete("INSERT 0 1");
        return true;
    }
    return run_command(text);
}

/// These do nothing here, but a survey finds them.
inline void model_server::remember_leftover(std::string_view text) {
    static const std::vector<std::pair<std::string_view, std::string_view>> kinds{{"CREATE TEMP", "temp_table"},
                                                                                  {"WITH HOLD", "with_hold_cursor"},
                                                                                  {"pg_advisory_lock", "advisory_lock"},
                                                                                  {"LISTEN", "listen"},
                                                                                  {"PREPARE", "prepare"}};
    for (const auto& [words, kind] : kinds)
        if (text.find(words) != std::string_view::npos) holds_.emplace(kind);
    if (text.find("pg_advisory_unlock") != std::string_view::npos) holds_.erase("advisory_lock");
    if (starts(text, "DROP")) holds_.erase("temp_table");
}

/// The proxy asks what this session holds.
inline bool model_server::run_survey(const std::string& text) {
    if (refuses_surveys_) {
        fail("57014", "canceling statement due to statement timeout");
        return false;
    }
    const auto row = [this](std::string_view kind, std::string_view name, std::string_view value) {
        const std::vector<std::optional<std::string>> values{std::string(kind), std::string(name), std::string(value)};
        wire::append_data_row(out_, values);
    };
    for (const auto& [name, value] : settings_) {
        const auto usual = untouched_.find(name);
        if (usual == untouched_.end() || usual->second != value) row("setting", name, value);
    }
    for (const std::string& kind : holds_)
        if (text.find("'found', '" + kind + "'") != std::string::npos) row("found", kind, "");
    if (holds_.contains("listen")) row("channel", "news", "");
    row("complete", "", "");
    out_ += complete("SELECT");
    return true;
}

inline bool model_server::run_rows(int count, int& sent, int limit) {
    const int first = sent;
    while (sent < count && (limit <= 0 || sent - first < limit)) out_ += data_row("row " + std::to_string(++sent));
    if (limit > 0 && sent - first == limit)
        out_ += suspended();
    else
        out_ += complete("SELECT " + std::to_string(sent - first));
    return true;
}

inline bool model_server::run_command(const std::string& text) {
    if (text == "BEGIN" || starts(text, "BEGIN ")) {
        if (block_) out_ += notice("there is already a transaction in progress");
        if (!implicit_ && !block_) at_begin_ = settings_;
        block_ = true;
        out_ += complete("BEGIN");
    } else if (ends_block(text)) {
        if (!block_) out_ += notice("there is no transaction in progress");
        const bool commit = text == "COMMIT" && !failed_;
        if (block_) end_block(commit);
        out_ += complete(commit ? "COMMIT" : "ROLLBACK");
    } else if (starts(text, "SET TRANSACTION")) {
        out_ += complete("SET");
    } else if (text == "ALTER TABLE t") {
        ++database_->shape;
        out_ += complete("ALTER TABLE");
    } else if (text == "COPY t FROM STDIN") {
        begin_copy();
    } else if (text == "COPY t TO STDOUT") {
        out_ += copy_response('H') + copy_data("a") + copy_data("b") + copy_done() + complete("COPY 2");
    } else if (text == "COPY fail") {
        fail("42P01", "relation does not exist");
        return false;
    } else if (text == "DEALLOCATE ALL") {
        std::erase_if(statements_, [](const auto& e) { return !e.first.empty(); });
        out_ += complete("DEALLOCATE ALL");
    } else if (starts(text, "DEALLOCATE ")) {
        if (statements_.erase(text.substr(11)) == 0) {
            fail("26000", "prepared statement \"" + text.substr(11) + "\" does not exist");
            return false;
        }
        out_ += complete("DEALLOCATE");
    } else if (text == "DISCARD ALL") {
        if (block_) {
            fail("25001", "DISCARD ALL cannot run inside a transaction block");
            return false;
        }
        std::erase_if(statements_, [](const auto& e) { return !e.first.empty(); });
        settings_ = untouched_;
        holds_.clear();
        out_ += complete("DISCARD ALL");
    } else {
        return run_setting(text);
    }
    return true;
}

inline std::vector<std::string> literals_in(std::string_view text) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\'') continue;
        std::string value;
        for (++i; i < text.size(); ++i) {
            if (text[i] == '\'' && i + 1 < text.size() && text[i + 1] == '\'')
                ++i;
            else if (text[i] == '\'')
                break;
            value += text[i];
        }
        all.push_back(value);
    }
    return all;
}

/// SET name TO 'value', RESET name, RESET ALL, and the set_config() calls with which a proxy sets a session up.
inline bool model_server::run_setting(const std::string& text) {
    if (starts(text, "SELECT")) {
        const auto words = literals_in(text);
        for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
            if (words[i + 1] == "nonsense") {
                fail("22023", "invalid value for parameter \"" + words[i] + "\"");
                return false;
            }
            set(words[i], words[i + 1]);
        }
        out_ += data_row("set");
        out_ += complete("SELECT 1");
        return true;
    }
    if (starts(text, "SET ")) {
        const std::string name = text.substr(4, text.find(' ', 4) - 4);
        const auto words = literals_in(text);
        if (words.empty() || words.front() == "nonsense") {
            fail("22023", "invalid value for parameter");
            return false;
        }
        set(name, words.front());
        out_ += complete("SET");
        return true;
    }
    if (starts(text, "RESET ")) {
        std::string name = text.substr(6);
        std::erase(name, '"');
        if (name == "ALL")
            settings_ = untouched_;
        else if (const auto found = untouched_.find(folded(name)); found != untouched_.end())
            settings_[found->first] = found->second;
        else if (name.find('.') == std::string::npos)
            settings_.erase(folded(name));
        out_ += complete("RESET");
        return true;
    }
    out_ += complete("OK");
    return true;
}

}  // namespace pgweir::test
