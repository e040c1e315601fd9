#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.hpp"

namespace pgweir::base::log {

enum class level { debug, info, warning, error };
enum class format { text, json };

/// At start-up, before there are threads.
void configure(level least, format how);

/// Any thread.
void set_level(level least);

using field = std::pair<std::string_view, std::string>;

/// One line on standard output: time, level, the event's name in snake_case, and its fields. Any thread. Values are
/// escaped; nothing secret and no parameter value of a statement belongs in them.
void event(level how_loud, std::string_view name, std::initializer_list<field> fields = {});

/// As a field's value: seconds with three decimals.
std::string seconds(duration time);

/// Whether such an event would be written: to be asked before fields are made on a busy path.
bool enabled(level how_loud) noexcept;

}  // namespace pgweir::base::log
