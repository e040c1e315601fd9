#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/interner.hpp"
#include "base/time.hpp"
#include "metrics/cache_labels.hpp"
#include "session/parameters.hpp"
#include "sql/cache_hint.hpp"

namespace pgweir::session {

/// What the cache says about a statement that is about to be executed.
struct cache_answer {
    enum class kind : std::uint8_t {
        hit,
        fill,  ///< the conversation executes it and says filled() or not_filled()
        run,   ///< it is executed, and its reply is not kept
        wait,  ///< somebody else executes it: to be asked again when conversation::awaits_cache() has ended
    };
    kind how = kind::run;
    metrics::cache_bypass why = metrics::cache_bypass::other;  ///< run

    // hit: whole messages, as a server said them
    base::bytes_view description;  ///< RowDescription
    base::bytes_view rows;         ///< DataRow ... CommandComplete
    base::duration took{};         ///< that server
    bool audit = false;            ///< fill: to compare it with what is kept
    bool stale = false;            ///< it is old, and another client has a new one made
    bool joined = false;           ///< another client had it executed meanwhile
    bool failed = false;           ///< run: a store that others share was asked, and did not say
    std::shared_ptr<const void> holder;  ///< keeps both

    static cache_answer bypass(metrics::cache_bypass why) {
        cache_answer said;
        said.why = why;
        return said;
    }
    static cache_answer failure() {
        cache_answer said;
        said.failed = true;
        return said;
    }
};

/// A reply on its way to the client, for the cache.
struct captured_reply {
    std::string description;  ///< empty when the client did not ask for it
    std::string rows;
    std::uint64_t row_count = 0;
    base::duration took{};  ///< the server
    base::time_point asked{};  ///< before any of it was said to the server
};

/// A statement that is about to be executed.
struct cache_question {
    /// All that the reply depends on, beside the rows of tables. Settings stand in it by the number of `context`.
    base::bytes_view key;
    const base::interned* context;
    std::string_view text;
    std::string_view statement;  ///< the text without comments
    const parameters& settings;
    base::bytes_view bind{};  ///< the body of the Bind; empty: there is none, all is in the text
    bool described = true;  ///< the client wants the RowDescription
    bool may_fill = true;  ///< it can capture the reply
    bool may_wait = true;  ///< it holds no server that others wait for
    bool in_block = false;  ///< inside of a transaction block
    std::int32_t max_rows = 0;  ///< that are wanted; 0: all
    sql::cache_hint hint{};  ///< in front of the text
};

/// A conversation's way to the result cache. The conversation knows when on the wire something happens, the cache what
/// that means: which relations a text reads and writes, what is stored, who waits for whom. One for each client; all
/// calls come from its worker. The protocol is that of ARCHITECTURE.md, "The result cache".
class result_cache {
public:
    // ---- reads ----

    /// What stands in it may be served now. False: asking is of no use, but what is written counts all the same.
    virtual bool serves() const = 0;
    /// Why it does not; nothing where it is not meant to.
    virtual std::optional<metrics::cache_bypass> why_not() const = 0;
    /// Which rules may be about what this client reads, as a number. It does not change.
    virtual std::uint32_t rules() const = 0;
    /// Comments in front of a statement may say how it is to be cached.
    virtual bool takes_hints() const = 0;
    /// False: hardly any read that begins like this has been worth asking about. To be asked once for each.
    virtual bool is_worth_asking(std::string_view text) = 0;
    virtual cache_answer ask(const cache_question& what, base::time_point now) = 0;
    /// Ends what `fill` began; `rows` may be empty of rows, and have more than is kept.
    virtual void filled(captured_reply reply, base::time_point now) = 0;
    /// Ends what `fill` or `wait` began.
    virtual void not_filled() = 0;
    /// Of one reply, in bytes: a larger one need not be captured to its end.
    virtual std::size_t largest_reply() const = 0;
    /// Whether sessions with these settings begin transactions that see what was committed before each statement.
    virtual bool reads_committed(const parameters& settings) const = 0;

    // ---- writes: what one server connection is about to change ----

    /// A text will be executed. True: it may write relations, which are noted.
    virtual bool note(std::string_view text, const parameters& settings) = 0;
    /// A statement that nobody can look at: it may write anything.
    virtual void note_anything() = 0;
    virtual bool noted() const = 0;
    /// What was noted was rolled back, or is committed and marked.
    virtual void forget() = 0;

    /// What is noted may be committed by what is forwarded next: nobody is served what depends on it from here on.
    /// Requires noted().
    virtual void mark() = 0;
    /// All that is marked may be visible now. Before a client is told that it is. `schema`: the catalogs may say
    /// something else now.
    virtual void bump(bool schema) = 0;
    /// The oldest mark has done its duty.
    virtual void unmark() = 0;
    /// The server was lost: whether all that is marked was committed nobody knows before its process is gone.
    virtual void lost(std::int32_t process_id) = 0;

protected:
    ~result_cache() = default;
};

}  // namespace pgweir::session
