#include <mutex>
#include <string>
#include <utility>

#include "base/log.hpp"
#include "cache/audit.hpp"
#include "relay/cache_link.hpp"
#include "sql/row_order.hpp"
#include "sql/words.hpp"

// A share of the hits is executed, and what is kept compared with what the server says.

namespace pgweir::relay {

namespace {

using metrics::cache_audit;

constexpr std::size_t longest_statement = 1024;

}  // namespace

session::cache_answer cache_link::begin_audit(const session::cache_question& what,
                                              std::shared_ptr<const cache::entry> kept) {
    filled_for_all_.reset();
    rule_ = kept->rule;  // its bound says how much of the reply is looked at
    audit_ = audit{.kept = std::move(kept),
                   .statement = std::string(what.text.substr(0, longest_statement)),
                   .varies = sql::may_depend_on_row_order(what.text),
                   .sorted_by = sql::sort_columns(what.text)};
    session::cache_answer said;
    said.how = session::cache_answer::kind::fill;
    said.audit = true;
    return said;
}

void cache_link::end_audit(const session::captured_reply* reply, base::time_point now) {
    audit done = std::move(*std::exchange(audit_, std::nullopt));
    if (reply != nullptr && is_of_now()) {
        done.seen = cache::compare(done.kept->rows, reply->rows, {done.varies, done.kept->description, done.sorted_by});
        done.found = cache::print_of(reply->rows);
    }
    if (done.seen == cache_audit::unknown || !store_) {
        {
            const std::lock_guard lock(with_.domain.mutex());
            if (!done.kept->holds()) done.seen = cache_audit::unknown;
        }
        return settle(with_.domain, done);
    }
    const std::shared_ptr<const cache::entry> kept = done.kept;
    store_->check(kept, now, [done = std::move(done), &domain = with_.domain](bool holds) mutable {
        if (!holds) done.seen = cache_audit::unknown;
        settle(domain, done);
    });
}

// What differs under the same stamps was changed by nobody that pgweir knows of, or pgweir is wrong: either way the rule
// promises what it cannot keep.
void cache_link::settle(cache_domain& domain, const audit& done) {
    {
        const std::lock_guard lock(domain.mutex());
        domain.store().audited(done.seen, done.kept->rule);
    }
    if (done.seen != cache_audit::different) return;
    const std::uint32_t rule = done.kept->rule;
    const cache::reply_print kept = cache::print_of(done.kept->rows);
    base::log::event(base::log::level::warning, "cache_audit_different",
                     {{"cache", domain.name()},
                      {"what", kept.digest == done.found.digest ? "order" : "rows"},
                      {"rule", rule == 0 ? std::string("auto") : domain.settings().rules[rule - 1].name},
                      {"kept_rows", std::to_string(kept.rows)},
                      {"kept_bytes", std::to_string(kept.bytes)},
                      {"kept_digest", std::to_string(kept.digest)},
                      {"server_rows", std::to_string(done.found.rows)},
                      {"server_bytes", std::to_string(done.found.bytes)},
                      {"server_digest", std::to_string(done.found.digest)},
                      {"statement", sql::mentions_password(done.statement) ? "(not shown: it speaks of a password)"
                                                                           : done.statement}});
}

}  // namespace pgweir::relay
