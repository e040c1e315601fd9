#include "base/log.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <memory>

#include "base/json.hpp"
#include "base/utf8.hpp"

namespace pgweir::base::log {

namespace {

std::atomic<format> chosen_format{format::text};

spdlog::level::level_enum native(level how_loud) noexcept {
    switch (how_loud) {
        case level::debug: return spdlog::level::debug;
        case level::info: return spdlog::level::info;
        case level::warning: return spdlog::level::warn;
        case level::error: break;
    }
    return spdlog::level::err;
}

spdlog::logger& logger() {
    static const std::shared_ptr<spdlog::logger> instance = [] {
        auto made = std::make_shared<spdlog::logger>("pgweir", std::make_shared<spdlog::sinks::stdout_sink_mt>());
        made->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
        made->flush_on(spdlog::level::debug);
        return made;
    }();
    return *instance;
}

bool needs_quotes(std::string_view value) {
    // A terminal obeys control characters, and what a client calls itself reaches the log.
    const auto special = [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == 0x7f || c == '"' || c == '=' || c == '\\';
    };
    return value.empty() || std::any_of(value.begin(), value.end(), special) || !is_utf8(value);
}

}  // namespace

void configure(level least, format how) {
    chosen_format.store(how, std::memory_order_relaxed);
    logger().set_level(native(least));
    logger().set_pattern(how == format::json ? "{\"time\":\"%Y-%m-%dT%H:%M:%S.%e%z\",\"level\":\"%l\",%v}"
                                             : "%Y-%m-%dT%H:%M:%S.%e%z %l %v");
}

void set_level(level least) {
    logger().set_level(native(least));
}

std::string seconds(duration time) {
    return fmt::format("{:.3f}", to_seconds(time));
}

bool enabled(level how_loud) noexcept {
    return logger().should_log(native(how_loud));
}

void event(level how_loud, std::string_view name, std::initializer_list<field> fields) {
    if (!enabled(how_loud)) return;
    const bool json = chosen_format.load(std::memory_order_relaxed) == format::json;
    std::string line = json ? fmt::format("\"event\":\"{}\"", name) : std::string(name);
    for (const auto& [key, value] : fields) {
        line += json ? fmt::format(",\"{}\":", key) : fmt::format(" {}=", key);
        if (json || needs_quotes(value))
            append_json_string(line, value);
        else
            line += value;
    }
    logger().log(native(how_loud), "{}", line);
}

}  // namespace pgweir::base::log
