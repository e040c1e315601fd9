#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "metrics/pin_reason.hpp"
#include "session/parameters.hpp"
#include "session/pins.hpp"

namespace pgweir::session {

/// What a server's session holds that a fresh one would not, by its own account: asked in one query between two
/// transactions, after a text that may have changed it. Only the server knows what a SET in a transaction that was
/// rolled back, in a function, or in a text that failed half-way came to.
class survey {
public:
    /// Looks for what `suspected` speaks of, and for the settings of the session. A custom (dotted) setting is not
    /// listed by PostgreSQL: those in `custom_names`, in lower case, are asked for one by one. `version`: PostgreSQL's
    /// major one.
    static std::string question(const pin_set& suspected, const std::set<std::string>& custom_names,
                                bool read_only = false, int version = 0);

    /// Whether this reason for a pin is one that a survey can see the end of.
    static bool can_see(metrics::pin_reason reason) noexcept;

    /// `hears_turns`: the session listens to turn_channel, and not for its client.
    void begin(bool hears_turns = false) {
        *this = {};
        hears_turns_ = hears_turns;
    }

    /// One DataRow's body of the answer.
    void take_row(base::bytes_view body);

    /// The answer was not one: nothing is known.
    void spoil() noexcept { spoiled_ = true; }
    bool answered() const noexcept { return complete_ && !spoiled_; }

    /// Set in the session, by any means. Without what ParameterStatus tells of the session's user.
    const std::vector<parameters::entry>& settings() const noexcept { return settings_; }
    /// Of these the names of those that another server might refuse.
    const std::vector<std::string>& kept() const noexcept { return kept_; }
    /// Listened to.
    const std::set<std::string>& channels() const noexcept { return channels_; }
    /// What else is there.
    const pin_set& found() const noexcept { return found_; }

private:
    std::vector<parameters::entry> settings_;
    std::vector<std::string> kept_;
    std::set<std::string> channels_;
    pin_set found_;
    bool hears_turns_ = false;
    bool complete_ = false;
    bool spoiled_ = false;
};

}  // namespace pgweir::session
