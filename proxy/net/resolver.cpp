#include "net/resolver.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>

#include "net/error.hpp"

namespace pgweir::net {
namespace {

using answer = base::result<std::vector<socket_address>>;

answer only(base::result<socket_address> address) {
    if (!address) return address.error();
    return std::vector<socket_address>{*address};
}

std::error_code reason_of(const boost::system::error_code& error) noexcept {
    if (error == boost::asio::error::host_not_found || error == boost::asio::error::no_data)
        return error_code::name_not_resolved;
    return error_code::name_service_failed;
}

answer answer_of(const boost::system::error_code& error, const boost::asio::ip::tcp::resolver::results_type& found) {
    if (error) return reason_of(error);
    std::vector<socket_address> addresses;
    for (const auto& each : found) {
        const auto endpoint = each.endpoint();
        const socket_address address(endpoint.data(), static_cast<socklen_t>(endpoint.size()));
        // A name that stands twice in /etc/hosts comes twice.
        if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) addresses.push_back(address);
    }
    if (addresses.empty()) return error_code::name_not_resolved;
    return addresses;
}

}  // namespace

resolver::~resolver() {
    // A question that is on its way is waited for, as it cannot be called off; those behind it are not asked.
    if (asking_ != nullptr) asking_->stop();
}

void resolver::resolve(const std::string& host, std::uint16_t port, callback done) {
    if (host.empty()) return answer_soon(error_code::bad_address, std::move(done));
    if (host.starts_with('/'))
        return answer_soon(only(socket_address::unix_path(unix_socket_path(host, port))), std::move(done));
    if (auto numeric = socket_address::parse(host, port)) return answer_soon(only(*numeric), std::move(done));

    if (asking_ == nullptr) asking_ = std::make_unique<boost::asio::thread_pool>(1);
    boost::asio::post(*asking_, [&runner = reactor_, asker = asking_->get_executor(), alive = std::weak_ptr(alive_),
                                 host, port, done = std::move(done)] {
        boost::system::error_code error;
        boost::asio::ip::tcp::resolver names(asker);
        // Without Asio's default AI_ADDRCONFIG: it hides addresses where only the loopback interface is up.
        const auto found =
            names.resolve(host, std::to_string(port), boost::asio::ip::resolver_base::numeric_service, error);
        runner.post([alive, done, answer = answer_of(error, found)] {
            if (!alive.expired()) done(answer);
        });
    });
}

void resolver::answer_soon(base::result<std::vector<socket_address>> answer, callback done) {
    reactor_.post([alive = std::weak_ptr(alive_), answer = std::move(answer), done = std::move(done)] {
        if (!alive.expired()) done(answer);
    });
}

}  // namespace pgweir::net
