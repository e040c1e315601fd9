#include "sql/statement_class.hpp"

#include <array>
#include <cstddef>

namespace pgweir::sql {

namespace {

struct class_description {
    statement_class what;
    std::string_view name;
    bool writes_more = false;
};

constexpr std::array descriptions{
    class_description{statement_class::select, "select"},
    class_description{statement_class::insert, "insert"},
    class_description{statement_class::update, "update"},
    class_description{statement_class::delete_, "delete"},
    class_description{statement_class::merge, "merge"},
    class_description{statement_class::copy_from, "copy from"},
    class_description{statement_class::copy_to, "copy to"},
    class_description{statement_class::truncate, "truncate"},
    class_description{statement_class::explain, "explain"},
    class_description{statement_class::show, "show"},
    class_description{statement_class::set, "set"},
    class_description{statement_class::set_local, "set local"},
    class_description{statement_class::reset, "reset"},
    class_description{statement_class::discard, "discard"},
    class_description{statement_class::begin, "begin"},
    class_description{statement_class::commit, "commit"},
    class_description{statement_class::rollback, "rollback"},
    class_description{statement_class::savepoint, "savepoint"},
    class_description{statement_class::rollback_to, "rollback to"},
    class_description{statement_class::prepare_transaction, "prepare transaction"},
    class_description{statement_class::commit_prepared, "commit prepared", true},
    class_description{statement_class::rollback_prepared, "rollback prepared"},
    class_description{statement_class::prepare, "prepare"},
    class_description{statement_class::execute, "execute", true},
    class_description{statement_class::deallocate, "deallocate"},
    class_description{statement_class::declare_cursor, "declare cursor"},
    class_description{statement_class::fetch, "fetch"},
    class_description{statement_class::close_cursor, "close"},
    class_description{statement_class::lock, "lock"},
    class_description{statement_class::listen, "listen"},
    class_description{statement_class::unlisten, "unlisten"},
    class_description{statement_class::notify, "notify"},
    class_description{statement_class::load, "load", true},
    class_description{statement_class::call, "call", true},
    class_description{statement_class::do_block, "do", true},
    class_description{statement_class::refresh, "refresh"},
    class_description{statement_class::maintenance, "maintenance"},
    class_description{statement_class::ddl, "ddl", true},
};

constexpr const class_description& description_of(statement_class what) noexcept {
    return descriptions[static_cast<std::size_t>(what)];
}

static_assert([] {
    for (std::size_t i = 0; i < descriptions.size(); ++i)
        if (static_cast<std::size_t>(descriptions[i].what) != i) return false;
    return descriptions.size() == static_cast<std::size_t>(statement_class::ddl) + 1;
}());

}  // namespace

std::string_view name_of(statement_class what) noexcept {
    return description_of(what).name;
}

bool writes_more_than_named(statement_class what) noexcept {
    return description_of(what).writes_more;
}

}  // namespace pgweir::sql
