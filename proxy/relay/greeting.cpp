#include "relay/greeting.hpp"

#include "wire/backend.hpp"

namespace pgweir::relay {

named_greeting named_greeting::make(base::interner& texts, const greeting& what, const session::parameters& startup,
                                    std::string_view application_name) {
    const bool named = !application_name.empty();
    named_greeting made;
    made.startup = named ? startup.with(texts, "application_name", application_name) : startup;
    made.desired = named ? what.desired.with(texts, "application_name", application_name) : what.desired;
    for (const auto& [name, value] : what.reported) {
        const bool own = named && name == "application_name";
        wire::append_parameter_status(made.statuses, name, own ? application_name : value);
    }
    return made;
}

}  // namespace pgweir::relay
