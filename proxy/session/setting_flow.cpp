#include "session/setting_flow.hpp"

#include <optional>
#include <utility>

#include "sql/setting_commands.hpp"
#include "wire/backend.hpp"
#include "wire/frame.hpp"
#include "wire/frontend.hpp"

namespace pgweir::session {

namespace {

using sql::setting_commands;

/// One statement in the extended protocol, with all that belongs to it, and nothing of its own.
struct setting_batch {
    std::string_view text;
    base::bytes_view parameter_types;
    bool described = false;
    std::size_t size = 0;
};

std::optional<setting_batch> read_batch(base::bytes_view input) {
    base::bytes_view rest = input;
    const auto parse_body = wire::take_frontend_message(rest, 'P');
    if (!parse_body) return std::nullopt;
    const auto parse = wire::decode_parse(*parse_body);
    if (!parse || !parse->statement.empty() || !parse->parameter_types.empty()) return std::nullopt;
    const setting_commands commands = setting_commands::find(parse->text);
    if (commands.empty() || commands.several()) return std::nullopt;
    const auto bind_body = wire::take_frontend_message(rest, 'B');
    if (!bind_body) return std::nullopt;
    const auto bind = wire::decode_bind(*bind_body);
    if (!bind || !bind->portal.empty() || !bind->statement.empty() || !bind->values.empty() ||
        bind->parameter_formats.size() > 1)
        return std::nullopt;
    setting_batch found{.text = parse->text, .parameter_types = parse->parameter_types};
    if (const auto described = wire::take_frontend_message(rest, 'D')) {
        const auto target = wire::decode_target(*described);
        if (!target || target->kind != 'P' || !target->name.empty()) return std::nullopt;
        found.described = true;
    }
    const auto execute_body = wire::take_frontend_message(rest, 'E');
    if (!execute_body) return std::nullopt;
    const auto execute = wire::decode_execute(*execute_body);
    if (!execute || !execute->portal.empty() || !wire::take_frontend_message(rest, 'S')) return std::nullopt;
    found.size = input.size() - rest.size();
    return found;
}

}  // namespace

bool setting_flow::knows_all() const {
    return x_.at_rest() && !x_.listening.any() && !x_.names_unknown && x_.desired.key() != nullptr;
}

bool setting_flow::take_query(std::string_view text) {
    if (x_.known_settings == nullptr || !knows_all()) return false;
    const setting_memo::outcome* what = known(text);
    if (what == nullptr) return false;
    x_.statements.drop_unnamed();  // as any simple query does
    x_.to_client.own().append(what->reply);
    apply(*what);
    return true;
}

bool setting_flow::take_batch(base::bytes_view input, std::size_t& taken) {
    if (x_.known_settings == nullptr || x_.discarding || x_.lost.active || !knows_all()) return false;
    const auto batch = read_batch(input);
    if (!batch) return false;
    if (x_.server != nullptr) {
        observe(batch->text);
        return false;
    }
    const setting_memo::outcome* what = known(batch->text);
    if (what == nullptr) return false;
    x_.statements.set_unnamed(batch->text, batch->parameter_types, x_.scan(batch->text).flags);
    x_.counters->client_parses.add();
    x_.counters->binds.add();
    std::string& out = x_.to_client.own();
    wire::append_parse_complete(out);
    wire::append_bind_complete(out);
    if (batch->described) wire::append_no_data(out);
    out.append(what->reply);
    apply(*what);
    taken = batch->size;
    return true;
}

const setting_memo::outcome* setting_flow::known(std::string_view text) {
    return write_question(text) ? x_.known_settings->find(question_) : nullptr;
}

bool setting_flow::write_question(std::string_view text) {
    const setting_commands commands = setting_commands::find(text);
    if (commands.empty()) return false;
    question_.assign(text).push_back('\0');
    for (const std::string_view name : commands.targets()) {
        const auto value = x_.desired.find(name);
        question_.push_back(value ? '=' : '-');
        question_.append(value.value_or("")).push_back('\0');
    }
    return true;
}

void setting_flow::apply(const setting_memo::outcome& what) {
    wire::append_ready_for_query(x_.to_client.own(), x_.client_status);
    x_.counters->settings_answered.add();
    if (what.changes.empty()) return;
    for (const setting_memo::change& each : what.changes) {
        x_.desired = x_.desired.with(*x_.texts, each.name, each.value);
        x_.carries = x_.carries || (!each.reported && !x_.startup.find(each.name));
    }
    x_.settled = x_.desired;
    x_.desired_changed();
}

void setting_flow::observe(std::string_view text) {
    if (x_.known_settings == nullptr || !knows_all() || x_.unsynced || x_.survey_due || x_.unshared > 0 ||
        x_.holding_reports || x_.server->transaction_status != 'I' || x_.server->actual != x_.desired)
        return;
    if (!write_question(text)) return;
    const setting_commands commands = setting_commands::find(text);
    const auto targets = commands.targets();
    x_.lesson = {.is = setting_lesson::state::asked,
                 .question = question_,
                 .before = x_.desired,
                 .names = {targets.begin(), targets.end()},
                 .reply = {},
                 .since = x_.known_settings->epoch()};
}

}  // namespace pgweir::session
