#include "admin/http_endpoint.hpp"

#include <prometheus/text_serializer.h>

#include <utility>

#include "admin/http_server.hpp"
#include "metrics/exporter/exporter.hpp"

namespace pgweir::admin {

namespace {

http_response metrics_page(const metrics::exporter& exporter) {
    return {200, prometheus::TextSerializer().Serialize(exporter.Collect()),
            "text/plain; version=0.0.4; charset=utf-8"};
}

http_response health_page(bool healthy) {
    return healthy ? http_response{200, "ok\n"} : http_response{503, "an event loop does not turn\n"};
}

http_response ready_page(const std::string& why_not) {
    return why_not.empty() ? http_response{200, "ready\n"} : http_response{503, why_not + "\n"};
}

http_response index_page() {
    return {200, "pgweir\n\n/metrics  for Prometheus\n/healthz  the process works\n/readyz   it can serve clients\n"};
}

}  // namespace

http_endpoint::http_endpoint(const std::string& address, std::shared_ptr<metrics::exporter> exporter,
                             std::function<bool()> healthy, std::function<std::string()> why_not_ready) {
    const auto page = [exporter = std::move(exporter), healthy = std::move(healthy),
                       why_not_ready = std::move(why_not_ready)](std::string_view path) -> http_response {
        if (path == "/metrics") return metrics_page(*exporter);
        if (path == "/healthz") return health_page(healthy());
        if (path == "/readyz") return ready_page(why_not_ready());
        if (path == "/") return index_page();
        return {404, "not found\n"};
    };
    server_ = std::make_unique<http_server>(address, [page](const http_request& request) -> http_response {
        const bool reads = request.method == "GET" || request.method == "HEAD";
        return reads ? page(request.path) : http_response{405, "only GET and HEAD\n"};
    });
}

http_endpoint::~http_endpoint() = default;

std::uint16_t http_endpoint::bound_port() const {
    return server_->port();
}

}  // namespace pgweir::admin
