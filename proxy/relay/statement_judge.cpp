#include "relay/statement_judge.hpp"

#include "base/hash.hpp"
#include "sql/shape.hpp"
#include "sql/understand.hpp"

namespace pgweir::relay {

statement_judge::statement_judge(std::uint64_t seed) : seed_(seed), memo_(memo_bytes, seed) {}

const statement_judge::verdict& statement_judge::judge(std::string_view text,
                                                       const std::shared_ptr<const judge_scope>& scope) {
    const bool kept = text.size() <= longest_kept;
    if (kept && slots_.empty()) slots_.resize(slot_count);
    slot* place = kept ? &slots_[base::fingerprint(text, seed_) % slot_count] : nullptr;
    if (place != nullptr && place->scope == scope && place->text == text) return place->found;
    const sql::memo::facts_pointer facts = facts_of(text);
    const catalog::name_scope names{scope->schemas};
    verdict& into = place != nullptr ? place->found : unkept_;
    into = {scope->map->reads_of(*facts, names), scope->map->writes_of(*facts, names)};
    if (place != nullptr) {
        place->text = text;
        place->scope = scope;
    }
    return into;
}

sql::memo::facts_pointer statement_judge::facts_of(std::string_view text) {
    shape_.clear();
    sql::write_shape(text, shape_);
    if (auto known = memo_.find(shape_)) return known;
    auto facts = std::make_shared<const sql::statement_facts>(sql::understand(shape_));
    memo_.keep(shape_, facts);
    return facts;
}

}  // namespace pgweir::relay
