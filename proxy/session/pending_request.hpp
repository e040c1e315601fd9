#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "session/outcome.hpp"
#include "session/statements.hpp"
#include "sql/scan.hpp"

namespace pgweir::session {

/// What was asked, which says what answers to expect.
enum class request_kind : std::uint8_t {
    query,                ///< until ReadyForQuery
    function_call,        ///< until ReadyForQuery
    sync,                 ///< ReadyForQuery
    parse,                ///< ParseComplete
    bind,                 ///< BindComplete
    describe_statement,   ///< ParameterDescription, then RowDescription or NoData
    describe_portal,      ///< RowDescription or NoData
    execute,              ///< rows, then CommandComplete, EmptyQueryResponse or PortalSuspended
    close,                ///< CloseComplete
    local_answer,         ///< nothing from the server: `detail->reply` goes out when its turn comes
};

/// Whether its answer ends with ReadyForQuery.
constexpr bool ends_cycle(request_kind kind) noexcept {
    return kind == request_kind::query || kind == request_kind::function_call || kind == request_kind::sync;
}

/// What must be undone when a request fails or is skipped, and what else only few requests carry.
struct request_detail {
    enum class change : std::uint8_t {
        none,
        client_added,      ///< the client's name was entered: leaves again
        client_removed,    ///< the client's name was taken out: comes back
        client_cleared,    ///< DEALLOCATE ALL, DISCARD ALL: the client's names go when it worked
    };

    change statement_change = change::none;
    std::string client_name;  ///< of the statement, as the client calls it
    std::vector<std::string> reset_names;  ///< settings that are reset, in lower case
    prepared_statement statement;
    client_statement removed;  ///< client_removed: what comes back, whole
    bool server_added = false;    ///< the statement was entered into the server's set
    bool server_removed = false;  ///< it was taken out of it
    std::string reply;            ///< local_answer
    sql::effect effects = sql::effect::none;
    bool changes_syntax = false;  ///< sets what says how texts are read
    description_print expected_description = 0;
    failure substitute;  ///< if it has a reason, sent in place of the server's ErrorResponse
};

/// One message that will be answered, in the order of the answers. The queue of these is the one source of truth
/// for pipelining, for what we injected, for errors that skip until Sync, and for answers of our own in the right
/// order.
struct pending_request {
    request_kind kind = request_kind::query;
    bool injected = false;                ///< ours: the answer is absorbed
    bool wait_before_forwarding = false;  ///< gate: no client message is read past this one until it is answered
    bool lets_sync_pass = false;  ///< that gate is for texts only: Sync, which ends the batch, is none
    bool wait_before_releasing = false;   ///< gate: the answer is not read until somebody opens it
    bool capture_description = false;     ///< the description is remembered with the statement
    bool compare_description = false;     ///< injected: the description must equal the one remembered
    bool ends_transaction = false;  ///< COMMIT or the like: never cancelled, and in doubt if the server is lost
    bool may_end_block = false;  ///< the transaction block may be another one, or none, behind its ReadyForQuery
    bool after_more = false;  ///< since the ReadyForQuery before its own more was executed than plain reads
    bool deferred_begin = false;  ///< injected: a part of the BEGIN that the client was told has worked
    bool begins_block = false;  ///< BEGIN or START TRANSACTION, and nothing else
    bool completed = false;  ///< its CommandComplete was relayed
    bool unnamed_parse = false;  ///< if it fails or is skipped, the server has no unnamed statement of ours
    bool uncertain = false;  ///< what it changed of statements is taken back if it fails
    bool survey = false;  ///< injected: its rows say what the server's session holds
    bool fills = false;  ///< its reply is captured for the cache
    bool marked = false;  ///< what it may commit is marked in the cache
    bool may_copy_in = false;  ///< the server may answer that it wants data
    bool plain_read = false;  ///< may be cancelled without loss when its client is gone
    bool defines = false;  ///< what it calls may change the schema
    std::uint64_t unnamed_generation = 0;  ///< of the unnamed statement that is parsed or described
    std::unique_ptr<request_detail> detail;
};

/// A ring that grows to the deepest pipeline seen and gives the memory back when it is empty for long.
class request_queue {
public:
    bool empty() const noexcept { return size_ == 0; }
    std::size_t size() const noexcept { return size_; }

    /// Require !empty().
    pending_request& front() noexcept { return ring_[head_]; }
    const pending_request& front() const noexcept { return ring_[head_]; }
    pending_request& back() noexcept { return ring_[index(size_ - 1)]; }

    /// Requires position < size().
    pending_request& at(std::size_t position) noexcept { return ring_[index(position)]; }
    const pending_request& at(std::size_t position) const noexcept { return ring_[index(position)]; }

    /// Gives a request of this queue its detail, which says what must be undone if it fails.
    void attach(pending_request& request, std::unique_ptr<request_detail> detail) noexcept;
    /// How many requests have changed what is known of statements and may still fail.
    std::size_t uncertain() const noexcept { return uncertain_; }

    pending_request& push(request_kind kind);
    void pop_front() noexcept;

private:
    std::size_t index(std::size_t position) const noexcept { return (head_ + position) & (ring_.size() - 1); }
    void grow();

    static constexpr std::size_t kept_entries = 16;

    std::vector<pending_request> ring_;  ///< size is zero or a power of two
    std::size_t head_ = 0;
    std::size_t size_ = 0;
    std::size_t uncertain_ = 0;
};

}  // namespace pgweir::session
