#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "config/load.hpp"

namespace pgweir::config::test {

/// The problems of a configuration called `c.yaml`, as a user sees them.
inline std::vector<std::string> complaints(const std::string& text, const source& from = {}) {
    std::vector<std::string> shown;
    for (const problem& each : load_text("c.yaml", text, from).problems) shown.push_back(to_string(each));
    return shown;
}

inline std::vector<std::string> complaints_without_file(const source& from) {
    std::vector<std::string> shown;
    for (const problem& each : load(from).problems) shown.push_back(to_string(each));
    return shown;
}

/// What a configuration needs beside the part under test; two lines that go before it.
inline const std::string minimal =
    "auth: {users: {app: {password: pw}}}\n"
    "databases: {app: {upstream: 'postgres://app:pw@db/app'}}\n";

/// The problems of `text` behind `minimal`; its first line is line 3.
inline std::vector<std::string> complaints_after_minimal(const std::string& text, const source& from = {}) {
    return complaints(minimal + text, from);
}

/// The problems of `text` inside the database `app`, in flow style, from line 3 column 1 on.
inline std::vector<std::string> complaints_in_database(const std::string& text, const source& from = {}) {
    return complaints(
        "auth: {users: {app: {password: pw}}}\ndatabases: {app: {upstream: 'postgres://app:pw@db/app',\n" + text +
            "}}\n",
        from);
}

/// The folder of the checkout.
inline std::filesystem::path checkout() {
    return std::filesystem::path(__FILE__).parent_path().parent_path().parent_path().parent_path();
}

/// A folder that goes when the test ends.
class temporary_folder {
public:
    temporary_folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "pgweir-config-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() { std::filesystem::remove_all(path_); }

    std::string write(const std::string& name, const std::string& content) const {
        const std::filesystem::path file = path_ / name;
        std::ofstream(file, std::ios::binary) << content;
        return file.string();
    }

    std::string path() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

}  // namespace pgweir::config::test
