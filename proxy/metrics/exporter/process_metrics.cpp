#include "metrics/exporter/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>

#include "metrics/exporter/convert.hpp"

namespace pgweir::metrics {

namespace {

// The fields of /proc/self/stat that are used, numbered as in proc(5).
enum stat_field : std::size_t {
    user_time = 14,
    system_time = 15,
    thread_count = 20,
    start_time = 22,
    virtual_memory = 23,
    resident_pages = 24,
    field_count = 25,
};

// By number; empty if the file cannot be read. The second field is the program's name in parentheses, which may hold
// anything: counting starts behind the last one.
std::vector<double> read_stat() {
    std::ifstream file("/proc/self/stat");
    std::string line;
    if (!std::getline(file, line)) return {};
    const std::size_t name_end = line.rfind(')');
    if (name_end == std::string::npos) return {};
    std::istringstream rest(line.substr(name_end + 1));
    std::string state;
    rest >> state;
    std::vector<double> fields(4, 0);
    double value = 0;
    while (fields.size() < field_count && rest >> value) fields.push_back(value);
    if (fields.size() < field_count) return {};
    return fields;
}

// When the machine started, as Unix time.
std::optional<double> boot_time() {
    std::ifstream file("/proc/stat");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("btime ")) return std::stod(line.substr(6));
    return std::nullopt;
}

std::optional<double> open_descriptors() {
    std::error_code error;
    const std::filesystem::directory_iterator entries("/proc/self/fd", error);
    if (error) return std::nullopt;
    // One of them is the directory that is being read.
    return static_cast<double>(std::distance(begin(entries), end(entries)) - 1);
}

std::optional<double> most_descriptors() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
    return static_cast<double>(limit.rlim_cur);
}

}  // namespace

std::vector<prometheus::MetricFamily> process_metrics() {
    std::vector<prometheus::MetricFamily> made;
    const auto add = [&made](std::string_view name, metric_type type, std::string_view help,
                             std::optional<double> value) {
        if (value) made.push_back(single_value(name, type, help, *value));
    };
    using enum metric_type;
    add("process_open_fds", gauge, "Number of open file descriptors.", open_descriptors());
    add("process_max_fds", gauge, "Maximum number of open file descriptors.", most_descriptors());
    const std::vector<double> stat = read_stat();
    if (stat.empty()) return made;
    const auto ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
    add("process_cpu_seconds_total", counter, "Total user and system CPU time spent in seconds.",
        (stat[user_time] + stat[system_time]) / ticks_per_second);
    add("process_resident_memory_bytes", gauge, "Resident memory size in bytes.",
        stat[resident_pages] * static_cast<double>(::sysconf(_SC_PAGESIZE)));
    add("process_virtual_memory_bytes", gauge, "Virtual memory size in bytes.", stat[virtual_memory]);
    add("process_threads", gauge, "Number of threads.", stat[thread_count]);
    if (const auto booted = boot_time())
        add("process_start_time_seconds", gauge, "Start time of the process since unix epoch in seconds.",
            *booted + stat[start_time] / ticks_per_second);
    return made;
}

}  // namespace pgweir::metrics
