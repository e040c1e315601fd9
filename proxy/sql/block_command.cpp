#include "sql/block_command.hpp"

#include "sql/word_reader.hpp"
#include "sql/words.hpp"

namespace pgweir::sql {

namespace {

class block_reader : word_reader {
public:
    using word_reader::word_reader;

    /// False: it is another text.
    bool read() noexcept {
        found.is = first_word();
        if (found.is == block_command::none) return false;
        next();
        const word second = at_word() ? find_word(now().text).id : word::none;
        const bool needs_second =
            found.is == block_command::start_transaction || found.is == block_command::set_transaction;
        if (second == word::transaction || (second == word::work && !needs_second))
            next();
        else if (needs_second)
            return false;
        const bool may_have_modes = found.begins() || found.is == block_command::set_transaction;
        if (may_have_modes && at_word() && !read_modes()) return false;
        if (found.is == block_command::set_transaction && found.modes.empty()) return false;
        skip_semicolons();
        return ended();
    }

    block_statement found;

private:
    block_command first_word() const noexcept {
        const word first = at_word() ? find_word(now().text).id : word::none;
        if (first == word::begin) return block_command::begin;
        if (first == word::start) return block_command::start_transaction;
        if (first == word::set) return block_command::set_transaction;
        if (first == word::commit || first == word::end) return block_command::commit;
        return first == word::rollback || first == word::abort ? block_command::rollback : block_command::none;
    }

    bool read_modes() noexcept {
        const char* const from = now().text.data();
        const char* until = from;
        do {
            if (!read_mode(until)) return false;
            if (now().text == ",") {
                next();
                if (!at_word()) return false;
            }
        } while (at_word());
        found.modes = {from, static_cast<std::size_t>(until - from)};
        return true;
    }

    // `until`: behind its last word.
    bool read_mode(const char*& until) noexcept {
        if (take("isolation")) return take("level") && read_level(until);
        if (take("read")) {
            const bool writes = is("write");
            found.needs_primary = found.needs_primary || writes;
            return take_last(writes ? "write" : "only", until);
        }
        take("not");
        return take_last("deferrable", until);
    }

    bool read_level(const char*& until) noexcept {
        if (is("serializable")) {
            found.isolates = found.needs_primary = true;
            return take_last("serializable", until);
        }
        if (take("repeatable")) {
            found.isolates = true;
            return take_last("read", until);
        }
        if (!take("read")) return false;
        if (!is("uncommitted")) return take_last("committed", until);
        found.isolates = true;
        return take_last("uncommitted", until);
    }

    bool take_last(std::string_view word, const char*& until) noexcept {
        until = now().text.data() + now().text.size();
        return take(word);
    }
};

}  // namespace

block_statement find_block_statement(std::string_view text) noexcept {
    block_reader reader(text);
    return reader.read() ? reader.found : block_statement{};
}

std::string_view command_tag(block_command of) noexcept {
    switch (of) {
        case block_command::begin: return "BEGIN";
        case block_command::start_transaction: return "START TRANSACTION";
        case block_command::set_transaction: return "SET";
        case block_command::commit: return "COMMIT";
        case block_command::rollback: return "ROLLBACK";
        case block_command::none: break;
    }
    return {};
}

}  // namespace pgweir::sql
