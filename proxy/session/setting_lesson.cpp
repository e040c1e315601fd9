#include "session/setting_lesson.hpp"

#include <algorithm>
#include <utility>

#include "session/exchange.hpp"
#include "wire/backend.hpp"
#include "wire/frame.hpp"

namespace pgweir::session {

namespace {

// Something else may be told at any time, that a standby was promoted say.
bool is_about(const setting_lesson& lesson, base::bytes_view parameter_status) {
    const auto told = wire::decode_parameter_status(parameter_status);
    return told && std::ranges::find(lesson.names, lower_case(told->name)) != lesson.names.end();
}

bool is_expected(const setting_lesson& lesson, char tag, base::bytes_view body) {
    return tag == 'C' || (tag == 'S' && is_about(lesson, body));
}

// Whether client_encoding can be had depends on the catalog, unless there is nothing to convert.
bool converts_nothing(const exchange& x) {
    const auto encoding = x.desired.find("client_encoding");
    return encoding && *encoding == x.server->report_of("server_encoding");
}

}  // namespace

void hear_lesson(exchange& x, char tag, base::bytes_view message) {
    setting_lesson& lesson = x.lesson;
    const base::bytes_view body = message.substr(wire::header_size);
    if (tag == '1' || tag == '2' || tag == 'n') return;
    if (tag == 'Z') {
        const bool last = x.pending.size() == 1 && body == "I";
        lesson.is = last ? setting_lesson::state::answered : setting_lesson::state::none;
    } else if (is_expected(lesson, tag, body)) {
        lesson.reply += message;
    } else {
        lesson.is = setting_lesson::state::none;
    }
}

void learn_lesson(exchange& x) {
    setting_lesson& lesson = x.lesson;
    lesson.is = setting_lesson::state::none;
    if (x.pins.any() || x.server == nullptr) return;
    setting_memo::outcome seen{.reply = std::move(lesson.reply), .changes = {}};
    parameters expected = lesson.before;
    for (const std::string& name : lesson.names) {
        const auto value = x.desired.find(name);
        const auto before = lesson.before.find(name);
        if (name == "client_encoding" && (value != before || !converts_nothing(x))) return;
        if (value == before) continue;
        if (!value) return;
        expected = expected.with(*x.texts, name, *value);
        seen.changes.push_back({name, std::string(*value), x.server->reports(name)});
    }
    if (expected == x.desired) x.known_settings->learn(std::move(lesson.question), std::move(seen), lesson.since);
}

}  // namespace pgweir::session
