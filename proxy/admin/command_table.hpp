#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "relay/virtual_database.hpp"

namespace pgweir::admin {

/// One command of a console user.
struct command_request {
    std::uint32_t worker = 0;  ///< on whose thread the reply is given
    relay::console_user user;
    std::string arguments;  ///< what stands behind the command's own words, as it was written; without the semicolon
};

/// Gets the messages that answer, without ReadyForQuery. To be called once, now or later, on the thread of the
/// request's worker.
using command_reply = std::function<void(std::string)>;

struct console_command {
    std::string words;  ///< what it begins with: in lower case, one space between them, as `show pools`
    relay::console_access needs = relay::console_access::change;
    bool takes_arguments = false;
    std::string meaning{};  ///< one line for SHOW HELP; empty: not listed there
    std::function<void(const command_request&, command_reply)> run;

    /// `words` as people write them: SHOW POOLS.
    std::string title() const;
};

/// The commands of the console, and the one place that looks whether somebody may give one.
class command_table {
public:
    /// Before the first run(): the table is read by all workers, and guarded by nothing.
    void add(console_command command) { commands_.push_back(std::move(command)); }

    /// In the order in which they were added.
    const std::vector<console_command>& commands() const noexcept { return commands_; }

    /// Runs the command that `text` begins with, the one with the most words if there are several; or replies why not:
    /// 42601 and 42704 for what is not known, 42501 for what the user may not. White space and semicolons around words
    /// do not count, nor does case.
    void run(std::uint32_t worker, const relay::console_user& user, const std::string& text, command_reply reply) const;

private:
    std::vector<console_command> commands_;
};

}  // namespace pgweir::admin
