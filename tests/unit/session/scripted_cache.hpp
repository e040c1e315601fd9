#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "session/cache_key.hpp"
#include "session/conversation.hpp"
#include "session/messages.hpp"
#include "session/result_cache.hpp"

namespace pgweir::test {

/// One line for a message of a client: what a test compares and a failure prints.
inline std::string asked(const message& one) {
    std::string line(1, one.tag);
    std::string_view shown;
    if (one.tag == 'Q') {
        if (const auto text = wire::decode_query(one.body())) shown = *text;
    } else if (one.tag == 'P') {
        if (const auto parsed = wire::decode_parse(one.body())) shown = parsed->text;
    }
    if (!shown.empty()) line += ' ' + std::string(shown.substr(0, 60));
    return line;
}

/// Both ways of a conversation and the calls that it makes meanwhile, as one list: "> Q INSERT" was handed over for the
/// server, "< C INSERT 0 1" for the client. Between two calls what goes to the server stands in front, so that the list
/// does not depend on the pieces in which input came.
class wire_record {
public:
    void watch(session::conversation& talk) { talk_ = &talk; }

    void call(std::string line) {
        look();
        close_segment();
        lines_.push_back(std::move(line));
    }

    /// All bytes that wait are written.
    void write_out() {
        look();
        to_server_.seen = to_client_.seen = 0;
    }

    std::vector<std::string> take() {
        look();
        close_segment();
        return std::exchange(lines_, {});
    }

private:
    struct way {
        std::size_t seen = 0;  ///< bytes of the outbox that were looked at
        std::string partial;  ///< of a message that is not whole yet
        std::vector<std::string> segment;
    };

    void look() {
        if (talk_ == nullptr) return;
        look(talk_->to_server(), to_server_, direction::from_client);
        look(talk_->to_client(), to_client_, direction::from_server);
    }

    static void look(base::outbox& from, way& into, direction what) {
        std::string all(from.first());
        all += from.second();
        if (all.size() < into.seen) into = {.seen = 0, .partial = {}, .segment = std::move(into.segment)};
        into.partial += all.substr(into.seen);
        into.seen = all.size();
        for (const message& one : take_messages(into.partial, what))
            into.segment.push_back(what == direction::from_client ? "> " + asked(one) : "< " + said(one));
    }

    void close_segment() {
        for (way* one : {&to_server_, &to_client_}) {
            lines_.insert(lines_.end(), one->segment.begin(), one->segment.end());
            one->segment.clear();
        }
    }

    session::conversation* talk_ = nullptr;
    way to_server_;
    way to_client_;
    std::vector<std::string> lines_;
};

/// A cache that answers as it is told, and writes down what it is told of writes. What breaks the rules of result_cache
/// whatever was said is noted in `broken`.
class scripted_cache final : public session::result_cache {
public:
    using how = session::cache_answer::kind;

    /// From now on asking for `text` is answered so; for others with `run`.
    void answers(std::string_view text, how with) { answers_[std::string(text)] = with; }
    void serves_nothing() { serves_ = false; }
    void keeps_at_most(std::size_t bytes) { largest_ = bytes; }
    void says_not_read_committed() { reads_committed_ = false; }

    static std::string description_of(std::string_view text) { return row_description(text); }
    static std::string rows_of(std::string_view text) {
        return data_row("stored " + std::string(text)) + complete("SELECT 1");
    }

    bool serves() const override { return serves_; }
    std::optional<metrics::cache_bypass> why_not() const override { return metrics::cache_bypass::starting; }

    bool is_worth_asking(std::string_view text) override { return unworthy_.count(std::string(text)) == 0; }
    void is_not_worth(std::string_view text) { unworthy_.emplace(text); }

    std::uint32_t rules() const override { return 7; }
    bool takes_hints() const override { return takes_hints_; }
    void takes_no_hints() { takes_hints_ = false; }
    session::cache_answer ask(const session::cache_question& what, base::time_point) override {
        std::string line = "ask " + std::string(what.text);
        if (!what.described) line += ", undescribed";
        if (what.max_rows > 0) line += ", " + std::to_string(what.max_rows) + " rows";
        if (!what.may_fill) line += ", no fill";
        if (!what.may_wait) line += ", no wait";
        if (!what.bind.empty() && session::values_name_moment(what.bind)) line += ", moment";
        if (what.hint.no_cache) line += ", no-cache";
        if (what.hint.refresh) line += ", refresh";
        if (what.hint.ttl) line += ", ttl";
        keys.emplace_back(what.key);
        const auto found = answers_.find(std::string(what.text));
        session::cache_answer answer;
        answer.how = found == answers_.end() ? how::run : found->second;
        waiting_ = false;
        switch (answer.how) {
            case how::hit: {
                line += ": hit";
                const auto kept = std::make_shared<std::pair<std::string, std::string>>(description_of(what.text),
                                                                                        rows_of(what.text));
                answer.description = kept->first;
                answer.rows = kept->second;
                answer.holder = kept;
                break;
            }
            case how::fill:
                line += ": fill";
                note_if(!what.may_fill, "a fill nobody may make");
                filling_ = true;
                break;
            case how::wait:
                line += ": wait";
                note_if(!what.may_wait, "a wait nobody may make");
                waiting_ = true;
                break;
            case how::run: break;
        }
        record.call(line);
        return answer;
    }

    void filled(session::captured_reply reply, base::time_point) override {
        note_if(!std::exchange(filling_, false), "filled without a fill");
        record.call(std::string("filled ") + (reply.rows.size() > largest_ ? "too large, " : "") +
                    std::to_string(reply.row_count));
        last = std::move(reply);
    }
    void not_filled() override {
        note_if(!filling_ && !waiting_, "not_filled without a fill");
        filling_ = waiting_ = false;
        record.call("not filled");
    }
    std::size_t largest_reply() const override { return largest_; }
    bool reads_committed(const session::parameters&) const override { return reads_committed_; }

    bool note(std::string_view text, const session::parameters&) override {
        static constexpr std::array<std::string_view, 9> writing{"INSERT", "UPDATE",  "ALTER",    "FROM STDIN", "CALL",
                                                                 "DO ",    "EXECUTE", "PREPARED", "writes"};
        ++notes;
        const bool found = std::ranges::any_of(
            writing, [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
        if (!found) return false;
        noted_ = true;
        record.call("note " + std::string(text.substr(0, 40)));
        return true;
    }
    void note_anything() override {
        noted_ = true;
        record.call("note anything");
    }
    bool noted() const override { return noted_; }
    void forget() override {
        if (std::exchange(noted_, false)) record.call("forget");
    }

    void mark() override {
        note_if(!noted_, "a mark for nothing");
        ++marks_;
        record.call("mark");
    }
    void bump(bool) override {
        note_if(marks_ == 0, "a bump of nothing");
        record.call("bump");
    }
    void unmark() override {
        note_if(marks_ == 0, "an unmark without a mark");
        --marks_;
        record.call("unmark");
    }
    void lost(std::int32_t process_id) override {
        note_if(marks_ == 0, "nothing was marked on the server that is lost");
        marks_ = 0;
        record.call("lost " + std::to_string(process_id));
    }

    /// What is still owed; empty at rest.
    std::string owes() const {
        std::string all;
        if (marks_ > 0) all += std::to_string(marks_) + " marks ";
        if (noted_) all += "something noted ";
        if (filling_) all += "a fill ";
        if (waiting_) all += "a wait ";
        return all;
    }
    unsigned marks() const { return marks_; }
    bool filling() const { return filling_; }
    bool waiting() const { return waiting_; }

    wire_record record;
    std::vector<std::string> broken;
    std::vector<std::string> keys;  ///< of all questions
    session::captured_reply last;
    unsigned notes = 0;

private:
    void note_if(bool wrong, std::string what) {
        if (wrong) broken.push_back(std::move(what));
    }

    std::map<std::string, how> answers_;
    std::set<std::string> unworthy_;
    bool serves_ = true;
    bool takes_hints_ = true;
    bool reads_committed_ = true;
    bool noted_ = false;
    bool filling_ = false;
    bool waiting_ = false;
    unsigned marks_ = 0;
    std::size_t largest_ = std::size_t{1024} * 1024;
};

}  // namespace pgweir::test
