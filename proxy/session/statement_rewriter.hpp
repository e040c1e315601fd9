#pragma once

#include <optional>
#include <string_view>
#include <system_error>

#include "base/bytes.hpp"
#include "session/exchange.hpp"
#include "sql/scan.hpp"
#include "wire/frontend.hpp"

namespace pgweir::session {

/// Prepared statements where servers are shared: the client's names are its own, the server's are ours, and a
/// statement is prepared on a server when it is first needed there. All calls but parse_without_server() and close()
/// require a server, and that no pending request gates the client.
class statement_rewriter {
public:
    explicit statement_rewriter(exchange& shared) : x_(shared) {}

    /// Whether what is known of the client's statement `name`, and of what a server has for it, hangs on a request of
    /// an earlier batch that may still fail: then the next message waits.
    bool unsettled(std::string_view name) const;
    bool must_wait(const wire::parse_message& message) const;

    void parse(const wire::parse_message& message, base::bytes_view raw, const sql::scan_result& found);

    /// `raw` is the message as far as it is here, its header and both names at least; it has `size` bytes in all.
    /// Answers a Parse of a named statement that a server has parsed before; false when it must go to a server. So
    /// preparing what others prepared costs no server, and a program that blocks on it cannot wait for another
    /// session of its own.
    bool parse_without_server(const wire::parse_message& message);

    /// A Parse too large to be looked at: the statement will live on the pinned server under the client's own name.
    /// False when something else was sent in its place and all of it is to be dropped.
    bool parse_large(std::string_view statement);

    /// False when something else was sent in its place and the rest of it is to be dropped.
    bool bind(const wire::bind_head& head, base::bytes_view raw, std::size_t size);
    void describe(std::string_view name, base::bytes_view raw);
    /// pgjdbc describes portals only: what its statements return is remembered by these. `entry` describes this portal.
    void describe_by_portal(std::string_view portal, pending_request& entry);
    void close(std::string_view name);

    /// SQL's PREPARE shares its names with Parse: the error of a text, if it is such a statement alone, whose name the
    /// client has given to a statement of the protocol. To be told in place of the error of failing_statement().
    std::optional<failure> prepares_taken_name(const sql::scan_result& found) const;
    static std::string failing_statement();

    /// SQL-level DEALLOCATE of a statement that was prepared by Parse. Returns the text to run in its place, or
    /// nothing when the name is not one of those. follow_up() does the rest when it has run, and wants to know `which`.
    std::optional<std::string> deallocate(std::string_view as_written, prepared_statement& which);

    /// True when Bind or Describe must wait: for what may still fail, or because the statement was prepared anew and
    /// its description is being compared.
    bool prepare_for_use(std::string_view name);

private:
    bool unsettled(const prepared_statement& statement) const;

    template <class Matches>
    bool in_earlier_batch(Matches matches) const;
    void parse_unnamed(const wire::parse_message& message, base::bytes_view raw, sql::effect effects);
    void parse_named(const wire::parse_message& message, base::bytes_view raw, sql::effect effects);
    bool transaction_may_have_failed() const;
    void follow_settings(client_statement& wanted);
    /// As it would be prepared now.
    void renew(client_statement& wanted);
    void ensure_on_server(const client_statement& wanted);
    bool ensure_unnamed_on_server();
    void close_on_server(const prepared_statement& statement);
    void send_parse(const prepared_statement& statement, bool injected);
    void inject_describe(std::string_view server_name, description_print expected);
    bool may_be_made_by_sql(std::string_view name) const;
    bool may_enter(std::string_view name);
    bool fail_on_server(failure what);  ///< always false

    exchange& x_;
};

/// Sends what the server must refuse, so that the transaction it is in fails as it would directly, and what came
/// before in the same pipeline is undone or kept exactly as PostgreSQL would.
pending_request& provoke_error(exchange& x);

/// What is said of a name that the client never prepared, or has prepared already, in PostgreSQL's words.
failure unknown_statement(std::string_view name);
failure name_is_taken(std::string_view name);

}  // namespace pgweir::session
