#include "session/setting_flow.hpp"

#include <optional>
#include <utility>

#include "session/execution_batch.hpp"
#include "sql/setting_commands.hpp"
#include "wire/backend.hpp"
#include "wire/frame.hpp"

namespace pgweir::session {

namespace {

using sql::setting_commands;

// One statement that sets something, with Sync, which is taken off `rest`.
std::optional<execution_batch> read_batch(base::bytes_view& rest) {
    using shape = execution_batch::shape;
    execution_batch found;
    if (found.read_bound(rest) != shape::whole || !found.parse) return std::nullopt;
    const setting_commands commands = setting_commands::find(found.parse->text);
    if (commands.empty() || commands.several() || !found.has_no_parameters()) return std::nullopt;
    if (found.read_execution(rest) != shape::whole || !wire::take_frontend_message(rest, 'S')) return std::nullopt;
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
    base::bytes_view rest = input;
    const auto batch = read_batch(rest);
    if (!batch) return false;
    const std::string_view text = batch->parse->text;
    if (x_.server != nullptr) {
        observe(text);
        return false;
    }
    const setting_memo::outcome* what = known(text);
    if (what == nullptr) return false;
    x_.set_unnamed(text, {}, x_.scan(text).flags);
    x_.counters->client_parses.add();
    x_.counters->binds.add();
    std::string& out = x_.to_client.own();
    wire::append_parse_complete(out);
    wire::append_bind_complete(out);
    if (batch->described) wire::append_no_data(out);
    out.append(what->reply);
    apply(*what);
    taken = input.size() - rest.size();
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
