#include "config/document.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstddef>
#include <sstream>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace pgweir::config {

namespace {

constexpr std::size_t deepest = 32;
constexpr std::size_t most_values = 100'000;

/// Makes our own tree of yaml-cpp's, which is more lenient than this configuration can afford: it lets duplicate keys
/// pass, ignores further documents, and an alias may even contain itself.
class converter {
public:
    converter(std::string file, problems& found) : file_(std::move(file)), found_(found) {}

    node convert(const YAML::Node& yaml, const origin& fallback, const std::string& path, std::size_t depth) {
        node made;
        made.where = position_of(yaml, fallback);
        made.kind = node::shape::broken;
        if (!within_bounds(made.where, depth)) return made;
        if (has_tag(yaml)) {
            report(found_, made.where, path, "YAML tags (!!name) are not supported: quote what is meant as text");
            return made;
        }
        switch (yaml.Type()) {
            case YAML::NodeType::Scalar:
                made.kind = node::shape::scalar;
                made.text = yaml.Scalar();
                break;
            case YAML::NodeType::Sequence:
                made.kind = node::shape::list;
                for (const auto& item : yaml) made.items.push_back(convert(item, made.where, path, depth + 1));
                break;
            case YAML::NodeType::Map:
                made.kind = node::shape::map;
                convert_members(yaml, made, path, depth);
                break;
            case YAML::NodeType::Null:
            case YAML::NodeType::Undefined: made.kind = node::shape::null; break;
        }
        return made;
    }

    bool gave_up() const noexcept { return gave_up_; }

private:
    void convert_members(const YAML::Node& yaml, node& made, const std::string& path, std::size_t depth) {
        std::unordered_map<std::string, int> lines;
        for (const auto& entry : yaml) {
            if (gave_up_) return;
            const origin where = position_of(entry.first, made.where);
            if (!entry.first.IsScalar() || has_tag(entry.first)) {
                report(found_, where, path, "a key has to be plain text");
                continue;
            }
            const std::string& name = entry.first.Scalar();
            const std::string full = join_path(path, name);
            if (name == "<<") {
                report(found_, where, path, "merge keys (<<) are not supported: write the keys out");
                continue;
            }
            const auto [first, is_new] = lines.emplace(name, where.line);
            if (!is_new) {
                report(found_, where, full, "duplicate key, first given in line " + std::to_string(first->second));
                continue;
            }
            made.members.push_back({name, where, convert(entry.second, where, full, depth + 1)});
        }
    }

    /// yaml-cpp counts from 0 and gives an absent value no place: its key's place stands in.
    origin position_of(const YAML::Node& yaml, const origin& fallback) const {
        const YAML::Mark mark = yaml.Mark();
        if (mark.is_null() || yaml.IsNull()) return fallback;
        return {file_, mark.line + 1, mark.column + 1};
    }

    /// "?" is a plain scalar, "!" a quoted one.
    static bool has_tag(const YAML::Node& yaml) {
        const std::string& tag = yaml.Tag();
        return !tag.empty() && tag != "?" && tag != "!";
    }

    bool within_bounds(const origin& where, std::size_t depth) {
        if (gave_up_) return false;
        if (depth <= deepest && ++values_ <= most_values) return true;
        report(found_, where, {}, depth > deepest ? "nested too deeply" : "too many values");
        gave_up_ = true;
        return false;
    }

    std::string file_;
    problems& found_;
    std::size_t values_ = 0;
    bool gave_up_ = false;
};

/// YAML allows none but tab and line breaks, and yaml-cpp takes U+0004 for the end of the file: what comes behind it
/// would be lost.
bool has_control_character(std::string_view text, const std::string& file, problems& found) {
    origin where{file, 1, 1};
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f) {
            report(found, where, {}, "not valid YAML: a control character");
            return true;
        }
        if (c == '\n')
            where = {file, where.line + 1, 1};
        else if ((byte & 0xc0U) != 0x80U)  // the rest of a character in UTF-8 is no column of its own
            ++where.column;
    }
    return false;
}

/// 0-based; empty if there is no such line.
std::string_view line_of(std::string_view text, int number) {
    for (int i = 0; i < number; ++i) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) return {};
        text.remove_prefix(end + 1);
    }
    return text.substr(0, text.find('\n'));
}

bool is_indented_with_tab(std::string_view line) {
    const std::size_t indent = std::min(line.find_first_not_of(" \t"), line.size());
    return line.substr(0, indent).find('\t') != std::string_view::npos;
}

/// yaml-cpp's words for the commonest mistakes tell a reader nothing.
std::string explain(const YAML::Exception& error, std::string_view text) {
    if (error.msg == YAML::ErrorMsg::BAD_FILE) return "not valid YAML: nested too deeply or not closed";
    std::string why = "not valid YAML: " + error.msg;
    if (!error.mark.is_null() && is_indented_with_tab(line_of(text, error.mark.line)))
        return why + " (indent with spaces, not with tabs)";
    if (error.msg == YAML::ErrorMsg::MAP_VALUE) why += " (quote a text that holds ': ')";
    return why;
}

/// Only notes where a document begins.
class document_finder : public YAML::EventHandler {
public:
    explicit document_finder(const std::string& text) : stream_(text), parser_(stream_) {}

    /// The first mark of the next document, if there is one.
    std::optional<YAML::Mark> next() {
        if (!parser_.HandleNextDocument(*this)) return std::nullopt;
        return start_;
    }

    void OnDocumentStart(const YAML::Mark& mark) override { start_ = mark; }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}

private:
    std::istringstream stream_;
    YAML::Parser parser_;
    YAML::Mark start_;
};

/// YAML::Load ignores what comes behind the first document. YAML::LoadAll would show it, but makes documents without end
/// of a text that does not belong to any, such as a stray '}'.
std::optional<YAML::Mark> second_document(const std::string& text) {
    document_finder finder(text);
    if (!finder.next()) return std::nullopt;
    return finder.next();
}

/// A fragment's own line and column say nothing; what matters is which option or variable it came with.
void place(node& here, const origin& where) {
    here.where = where;
    for (node& item : here.items) place(item, where);
    for (member& each : here.members) {
        each.where = where;
        place(each.value, where);
    }
}

}  // namespace

std::optional<node> parse_document(const std::string& file, const std::string& text, problems& found) {
    if (has_control_character(text, file, found)) return std::nullopt;
    try {
        if (const auto second = second_document(text)) {
            report(found, {file, second->line + 1, second->column + 1}, {},
                   "a second YAML document, or text that belongs to nothing: write one map of keys and values");
            return std::nullopt;
        }
        const YAML::Node document = YAML::Load(text);
        const origin start{file, 1, 1};
        node root;
        root.kind = node::shape::map;
        root.where = start;
        if (document.IsNull()) return root;
        converter convert(file, found);
        root = convert.convert(document, start, {}, 0);
        if (convert.gave_up()) return std::nullopt;
        if (root.kind == node::shape::map) return root;
        if (root.kind != node::shape::broken) report(found, root.where, {}, "has to be a map of keys and values");
        return std::nullopt;
    } catch (const YAML::Exception& error) {
        origin where{file};
        if (!error.mark.is_null()) where = {file, error.mark.line + 1, error.mark.column + 1};
        report(found, where, {}, explain(error, text));
        return std::nullopt;
    }
}

std::optional<node> parse_fragment(const origin& where, const std::string& path, const std::string& text,
                                   problems& found) {
    problems inside;
    if (has_control_character(text, where.file, inside)) {
        report(found, where, path, inside.front().message);
        return std::nullopt;
    }
    try {
        if (second_document(text)) {
            report(found, where, path, "not valid YAML: text behind the value");
            return std::nullopt;
        }
        converter convert(where.file, inside);
        node made = convert.convert(YAML::Load(text), where, path, 0);
        for (const problem& each : inside) found.push_back({where.file, where.line, where.column, each.message});
        place(made, where);
        return made;
    } catch (const YAML::Exception& error) {
        report(found, where, path, explain(error, text));
        return std::nullopt;
    }
}

}  // namespace pgweir::config
