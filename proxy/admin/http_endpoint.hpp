#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace pgweir::metrics {
class exporter;
}

namespace pgweir::admin {

class http_server;

/// Answers GET and HEAD over HTTP: /metrics, /healthz, /readyz, and / with a list of them. Has a thread of its own, so
/// that scraping cannot hold up a worker; the functions it is given are called on that thread.
class http_endpoint {
public:
    /// `address` is host:port or [v6]:port; port 0 takes a free one. `healthy` says whether the event loops turn,
    /// `why_not_ready` is empty when clients can be served. Throws std::runtime_error with the address and the
    /// system's reason when it cannot listen.
    http_endpoint(const std::string& address, std::shared_ptr<metrics::exporter> exporter,
                  std::function<bool()> healthy, std::function<std::string()> why_not_ready);
    http_endpoint(const http_endpoint&) = delete;
    http_endpoint& operator=(const http_endpoint&) = delete;
    ~http_endpoint();

    std::uint16_t bound_port() const;

private:
    std::unique_ptr<http_server> server_;
};

}  // namespace pgweir::admin
