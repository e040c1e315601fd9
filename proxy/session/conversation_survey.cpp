#include <algorithm>
#include <utility>
#include <vector>

#include "session/conversation.hpp"
#include "session/effects.hpp"
#include "wire/backend.hpp"

// How a conversation learns what its client has made of the server's session, so that it can carry it to another server
// or knows why it must stay on this one.

namespace pgweir::session {

namespace {

// Not even the end of a cause would end these.
bool must_stay(const exchange& x) {
    bool stays = x.uncleanable || !x.scannable;
    x.pins.for_each_beyond({}, [&](metrics::pin_reason reason) { stays = stays || !survey::can_see(reason); });
    return stays || (x.names_unknown && x.pins.any());
}

}  // namespace

bool conversation::survey_wanted() const {
    return x_.survey_due && x_.rewrites && !close_ && !applying_ && !cleaning_ && !surveying_ && at_boundary() &&
           (!must_stay(x_) || x_.listening.any() || x_.pins.has(metrics::pin_reason::listen));
}

void conversation::begin_survey() {
    x_.survey_due = false;
    x_.counters->surveys.add();
    x_.seen.begin(x_.listening.hears_turns);
    surveying_ = true;
    const bool read_only = x_.server->report_of("default_transaction_read_only") == "on";
    inject(survey::question(x_.pins, x_.custom_names, read_only, x_.server->major_version()));
    x_.pending.back().survey = true;
}

void conversation::surveyed() {
    surveying_ = false;
    if (x_.injected_failure || !x_.seen.answered()) {
        // Its own statement_timeout, say. It stays where it is, and is asked again behind its next transaction.
        x_.injected_failure.reset();
        survey_again_ = true;
        if (!x_.pins.any()) x_.pins.add(metrics::pin_reason::set);
        x_.desired_changed();
        return;
    }
    std::vector<parameters::entry> settings = x_.seen.settings();
    x_.carries = std::any_of(settings.begin(), settings.end(), [this](const auto& setting) {
        return !x_.server->reports(setting.first) && !x_.startup.find(lower_case(setting.first));
    });
    for (const auto& [name, value] : x_.server->reported) {
        if (!is_read_only_report(name)) settings.emplace_back(name, value);
    }
    const std::string_view user = x_.server->report_of("session_authorization");
    if (!user.empty() && user != x_.server->login_user) {
        settings.emplace_back("session_authorization", user);
        x_.carries = true;
    }
    x_.desired = parameters::make(*x_.texts, std::move(settings));
    x_.settled = x_.desired;
    x_.reset_due.surveyed = x_.reset_due.any();
    x_.server->actual = x_.desired;
    pin_set kept;
    if (must_stay(x_)) kept = x_.pins;
    kept.remove(metrics::pin_reason::listen);
    x_.pins = x_.seen.found();
    x_.pins.add(kept);
    // What every server is given at startup the next one will be given, too.
    for (const std::string& name : x_.seen.kept())
        if (!x_.startup.find(lower_case(name))) x_.pins.add(metrics::pin_reason::set);
    settle_channels();
    if (finds_temp(x_)) x_.pins.add(metrics::pin_reason::temp_table);
    if (!x_.pins.any()) counted_pins_ = {};
    x_.desired_changed();
}

void conversation::count_pins() {
    x_.pins.for_each_beyond(counted_pins_, [this](metrics::pin_reason reason) {
        x_.counters->pins[reason].add();
        new_pins_.add(reason);
    });
    counted_pins_ = x_.pins;
}

}  // namespace pgweir::session
