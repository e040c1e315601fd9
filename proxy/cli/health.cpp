#include "cli/health.hpp"

#include <cstdint>
#include <exception>
#include <iostream>
#include <string_view>

#include "admin/http_client.hpp"
#include "cli/exit_code.hpp"
#include "net/address.hpp"

namespace pgweir::cli {

namespace {

std::string reachable(const std::string& host) {
    const auto address = net::socket_address::parse(host, 0);
    const std::string plain = address ? address->host() : host;
    if (plain == "0.0.0.0") return "127.0.0.1";
    return plain == "::" ? "::1" : plain;
}

std::string first_line(std::string_view body) {
    return std::string(body.substr(0, body.find_first_of("\r\n")));
}

std::string url(const std::string& host, std::uint16_t port, const std::string& path) {
    const bool is_v6 = host.find(':') != std::string::npos;
    return "http://" + (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port) + path;
}

}  // namespace

int ask_health(const health_question& question) {
    const std::string host = reachable(question.where.host);
    const std::string path = question.ready ? "/readyz" : "/healthz";
    std::string problem;
    try {
        const admin::http_answer answer = admin::http_get(host, question.where.port, path, question.limit);
        if (answer.status == 200) {
            std::cout << first_line(answer.body) << '\n';
            return done;
        }
        problem = std::to_string(answer.status) + " " + first_line(answer.body);
    } catch (const std::exception& error) {
        problem = error.what();
    }
    std::cerr << "pgweir: " << url(host, question.where.port, path) << ": " << problem << '\n';
    return failed;
}

}  // namespace pgweir::cli
