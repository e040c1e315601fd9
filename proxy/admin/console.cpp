#include "admin/console.hpp"

#include <string>
#include <utility>

#include "admin/show.hpp"
#include "wire/backend.hpp"

namespace pgweir::admin {

namespace {

using relay::console_access;

std::string reply_of(const result_table& table) {
    std::string reply;
    table.append_to(reply);
    return reply;
}

}  // namespace

console::console(state_source& source) : source_(source) {
    add_subjects();
    add({.words = "show help",
         .needs = console_access::look,
         .meaning = "this list",
         .run = [this](const command_request&, const command_reply& reply) {
             reply(reply_of(show_help(commands_.commands())));
         }});
    add_what_drivers_send();
}

void console::add_subjects() {
    for (const show_subject& each : show_subjects())
        add({.words = "show " + std::string(each.name),
             .needs = console_access::look,
             .meaning = std::string(each.meaning),
             .run = [this, make = each.make](const command_request& request, const command_reply& reply) {
                 source_.collect([this, make, worker = request.worker, reply](const proxy_state& state) {
                     source_.run_on(worker, [reply, shown = reply_of(make(state))] { reply(shown); });
                 });
             }});
}

// Of their own accord, when they connect: it changes nothing here.
void console::add_what_drivers_send() {
    for (const char* word : {"set", "begin", "commit", "rollback"}) {
        console_command accepted{.words = word, .needs = console_access::look, .takes_arguments = true, .run = {}};
        std::string complete;
        wire::append_command_complete(complete, accepted.title());
        accepted.run = [complete](const command_request&, const command_reply& reply) { reply(complete); };
        add(std::move(accepted));
    }
}

}  // namespace pgweir::admin
