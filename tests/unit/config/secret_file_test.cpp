#include "config/secret_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/support.hpp"

namespace pgweir::config {
namespace {

using testing::HasSubstr;

TEST(read_secret_file, drops_one_newline_at_the_end) {
    const test::temporary_folder folder;
    EXPECT_EQ(*read_secret_file(folder.write("a", "secret\n"), ""), "secret");
    EXPECT_EQ(*read_secret_file(folder.write("b", "secret"), ""), "secret");
    EXPECT_EQ(*read_secret_file(folder.write("c", "secret\r\n"), ""), "secret");
    EXPECT_EQ(*read_secret_file(folder.write("d", " two words \n\n"), ""), " two words \n");
}

TEST(read_secret_file, a_relative_path_starts_at_the_configuration) {
    const test::temporary_folder folder;
    folder.write("a", "secret\n");
    EXPECT_EQ(*read_secret_file("a", folder.path() + "/c.yaml"), "secret");
    EXPECT_FALSE(read_secret_file("a", ""));
}

TEST(read_secret_file, what_is_wrong) {
    const test::temporary_folder folder;
    EXPECT_THAT(read_secret_file(folder.path() + "/none", "").error(), HasSubstr("No such file"));
    EXPECT_THAT(read_secret_file(folder.path(), "").error(), HasSubstr("not a regular file"));
    EXPECT_THAT(read_secret_file("/dev/zero", "").error(), HasSubstr("not a regular file"));
    EXPECT_THAT(read_secret_file(folder.write("empty", "\n"), "").error(), HasSubstr("is empty"));
    EXPECT_THAT(read_secret_file(folder.write("nul", std::string("a\0b", 3)), "").error(), HasSubstr("NUL"));
    EXPECT_THAT(read_secret_file(folder.write("long", std::string(4097, 'a')), "").error(),
                HasSubstr("longer than 4096"));
    EXPECT_TRUE(read_secret_file(folder.write("fits", std::string(4096, 'a')), ""));
}

}  // namespace
}  // namespace pgweir::config
