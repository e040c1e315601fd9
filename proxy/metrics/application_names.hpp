#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace pgweir::metrics {

/// Gives the applications that connect a small number each, so that waiting time can be counted by application with
/// an array. The first `capacity` names get their own, all later ones share `other`: a label must not grow with what
/// clients send. One for the whole process, called at login and when application_name changes; thread-safe.
class application_names {
public:
    static constexpr std::size_t capacity = 20;
    static constexpr std::size_t other = capacity;  ///< the shared number
    static constexpr std::size_t count = capacity + 1;

    /// 0 to capacity - 1, or `other`. The same for names that differ in digits only.
    std::size_t index_of(std::string_view application_name);

    /// By number; without `other`.
    std::vector<std::string> names() const;

private:
    mutable std::mutex mutex_;
    std::vector<std::string> names_;
};

/// The label of an application: digits (process ids, replica numbers) and what then hangs at the end are removed,
/// everything but printable ASCII is `?`, at most 63 bytes, `unnamed` when nothing is left.
std::string application_label(std::string_view application_name);

}  // namespace pgweir::metrics
