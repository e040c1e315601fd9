#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pgweir::config {

/// Where a value was written. Without a line it came from the environment or from --set.
struct origin {
    std::string file;
    int line = 0;    ///< 1-based, 0: none
    int column = 0;  ///< 1-based, 0: none
};

struct member;

/// The configuration as it was written, before any key is known: what is left of YAML when everything that this
/// loader refuses has been refused. Scalars have no type here; the key decides how the text is read.
struct node {
    /// broken: something was wrong with it, and that has been reported.
    enum class shape { null, scalar, list, map, broken };

    shape kind = shape::null;
    std::string text;       ///< of a scalar
    bool verbatim = false;  ///< `${...}` in the text means itself
    origin where;
    std::vector<node> items;      ///< of a list
    std::vector<member> members;  ///< of a map, in the order of the file; names are unique

    /// nullptr if this is no map or has no such member.
    const node* find(std::string_view name) const;
    node* find(std::string_view name);
};

struct member {
    std::string name;
    origin where;  ///< of the name
    node value;
};

inline const node* node::find(std::string_view name) const {
    for (const member& candidate : members)
        if (candidate.name == name) return &candidate.value;
    return nullptr;
}

inline node* node::find(std::string_view name) {
    for (member& candidate : members)
        if (candidate.name == name) return &candidate.value;
    return nullptr;
}

}  // namespace pgweir::config
