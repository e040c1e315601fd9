#include "config/document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pgweir::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

struct reading {
    std::optional<node> root;
    std::vector<std::string> complaints;
};

reading read(const std::string& text) {
    problems found;
    reading out;
    out.root = parse_document("f.yaml", text, found);
    for (const problem& each : found) out.complaints.push_back(to_string(each));
    return out;
}

std::string repeated(const std::string& text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
}

TEST(parse_document, keeps_text_and_places) {
    const auto [root, complaints] = read("a: 010\nb:\n  - yes\n  - 'x'\nc: {d: ~, e: }\n");
    ASSERT_TRUE(root);
    EXPECT_THAT(complaints, IsEmpty());
    EXPECT_EQ(root->find("a")->text, "010");
    const node& list = *root->find("b");
    ASSERT_EQ(list.items.size(), 2U);
    EXPECT_EQ(list.items[0].text, "yes");
    EXPECT_EQ(list.items[1].where.line, 4);
    EXPECT_EQ(list.items[1].where.column, 5);
    const node& section = *root->find("c");
    EXPECT_EQ(section.find("d")->kind, node::shape::null);
    EXPECT_EQ(section.members[1].where.line, 5);
    EXPECT_EQ(section.members[1].where.column, 11);
    EXPECT_EQ(section.find("e")->kind, node::shape::null);
    EXPECT_EQ(section.find("f"), nullptr);
}

TEST(parse_document, nothing_is_an_empty_map) {
    for (const char* text : {"", "# only a comment\n", "---\n", "~\n", "{}"}) {
        const auto [root, complaints] = read(text);
        ASSERT_TRUE(root) << text;
        EXPECT_EQ(root->kind, node::shape::map);
        EXPECT_THAT(complaints, IsEmpty());
    }
}

TEST(parse_document, duplicate_keys) {
    const auto [root, complaints] = read("a: {b: 1}\nc: 2\na:\n  x: {y: 1, y: 2}\n");
    EXPECT_TRUE(root);
    EXPECT_THAT(complaints, ElementsAre("f.yaml:3:1: a: duplicate key, first given in line 1"));
    EXPECT_THAT(read("a:\n  x: {y: 1,\n      y: 2}\n").complaints,
                ElementsAre("f.yaml:3:7: a.x.y: duplicate key, first given in line 2"));
}

TEST(parse_document, merge_keys_tags_and_odd_keys) {
    EXPECT_THAT(read("a: &x {b: 1}\nc:\n  <<: *x\n").complaints,
                ElementsAre("f.yaml:3:3: c: merge keys (<<) are not supported: write the keys out"));
    EXPECT_THAT(read("a: !!str 5\n").complaints,
                ElementsAre(StartsWith("f.yaml:1:4: a: YAML tags (!!name) are not supported")));
    EXPECT_THAT(read("[a]: 5\n").complaints, ElementsAre("f.yaml:1:1: a key has to be plain text"));
    EXPECT_THAT(read("x: {~: 5}\n").complaints, ElementsAre(StartsWith("f.yaml:1:4: x: a key has to be plain text")));
}

TEST(parse_document, one_document_that_is_a_map) {
    const auto two = read("a: 1\n---\nb: 2\n");
    EXPECT_FALSE(two.root);
    EXPECT_THAT(two.complaints, ElementsAre("f.yaml:2:1: a second YAML document, or text that belongs to nothing: "
                                            "write one map of keys and values"));
    EXPECT_THAT(read("a: {b: 1}}\n").complaints, ElementsAre("f.yaml:1:10: not valid YAML: illegal flow end"));
    EXPECT_THAT(read("? [k}\n").complaints, testing::SizeIs(1));
    EXPECT_TRUE(read("--- # one\na: 1\n...\n").root);
    EXPECT_FALSE(read("a: 1\n---\n").root);
    EXPECT_THAT(read("- a\n").complaints, ElementsAre("f.yaml:1:1: has to be a map of keys and values"));
    EXPECT_THAT(read("text\n").complaints, ElementsAre("f.yaml:1:1: has to be a map of keys and values"));
}

TEST(parse_document, syntax_errors_have_a_place) {
    const auto colon = read("a: 1\npw: p@ss: word\n");
    EXPECT_FALSE(colon.root);
    EXPECT_THAT(colon.complaints,
                ElementsAre("f.yaml:2:9: not valid YAML: illegal map value (quote a text that holds ': ')"));
    EXPECT_THAT(read("a:\n\tb: 1\n").complaints,
                ElementsAre("f.yaml:2:3: not valid YAML: illegal map value (indent with spaces, not with tabs)"));
    EXPECT_THAT(read("a: {u: ${DB:-x}}\n").complaints, ElementsAre(StartsWith("f.yaml:1:")));
    EXPECT_THAT(read("a: *nowhere\n").complaints, ElementsAre(StartsWith("f.yaml:1:4: not valid YAML: ")));
}

// Behind U+0004 yaml-cpp would see nothing, and the keys there would be lost.
TEST(parse_document, control_characters) {
    const auto cut = read("a: 1\n\u00e9 \x04\nb: 2\n");
    EXPECT_FALSE(cut.root);
    EXPECT_THAT(cut.complaints, ElementsAre("f.yaml:2:3: not valid YAML: a control character"));
    EXPECT_FALSE(read(std::string("a: \0", 4)).root);
    EXPECT_FALSE(read("a: \x7f").root);
    EXPECT_TRUE(read("a:\t1\r\n").root);
    EXPECT_TRUE(read("a: \"\\x04\"").root);
}

TEST(parse_document, aliases_are_bounded) {
    const auto [root, complaints] = read("a: &x {b: 1}\nc: *x\n");
    ASSERT_TRUE(root);
    EXPECT_THAT(complaints, IsEmpty());
    EXPECT_EQ(root->find("c")->find("b")->text, "1");

    const auto itself = read("a: &x [*x]\n");
    EXPECT_FALSE(itself.root);
    EXPECT_THAT(itself.complaints, ElementsAre(testing::HasSubstr("nested too deeply")));

    std::string laughs = "a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n";
    for (int i = 1; i < 10; ++i) {
        const std::string before = "*a" + std::to_string(i - 1);
        laughs +=
            "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + repeated(", " + before, 9) + "]\n";
    }
    const auto bomb = read(laughs);
    EXPECT_FALSE(bomb.root);
    EXPECT_THAT(bomb.complaints, ElementsAre(testing::HasSubstr("too many values")));
}

TEST(parse_document, depth_is_bounded) {
    const auto deep = read("a: " + repeated("[", 40) + repeated("]", 40));
    EXPECT_FALSE(deep.root);
    EXPECT_THAT(deep.complaints, ElementsAre(testing::HasSubstr("nested too deeply")));
    EXPECT_THAT(read(repeated("[", 20000)).complaints, testing::SizeIs(1));
}

TEST(parse_fragment, has_the_place_of_its_option) {
    problems found;
    const auto made = parse_fragment({"--set"}, "a", "[x, {y: 1}]", found);
    ASSERT_TRUE(made);
    EXPECT_THAT(found, IsEmpty());
    EXPECT_EQ(made->items[0].where.file, "--set");
    EXPECT_EQ(made->items[1].members[0].where.line, 0);
    EXPECT_FALSE(parse_fragment({"--set"}, "a", "[x] y", found));
    EXPECT_FALSE(parse_fragment({"--set"}, "a", "{x: 1}}", found));
    EXPECT_FALSE(parse_fragment({"--set"}, "a", "[\x01]", found));
    EXPECT_EQ(found.size(), 3U);
    found.clear();
    EXPECT_FALSE(parse_fragment({"--set"}, "a.b", "[x", found));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_THAT(to_string(found[0]), StartsWith("--set: a.b: not valid YAML: "));
}

}  // namespace
}  // namespace pgweir::config
