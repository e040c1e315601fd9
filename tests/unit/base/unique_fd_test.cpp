#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <utility>

namespace pgweir::base {
namespace {

int fresh() {
    const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    EXPECT_GE(fd, 0);
    return fd;
}

bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) >= 0;
}

TEST(unique_fd, closes_what_it_owns) {
    const int fd = fresh();
    {
        const unique_fd owner(fd);
        EXPECT_TRUE(owner);
        EXPECT_EQ(owner.get(), fd);
        EXPECT_TRUE(is_open(fd));
    }
    EXPECT_FALSE(is_open(fd));
}

TEST(unique_fd, may_own_nothing) {
    const unique_fd nothing;
    EXPECT_FALSE(nothing);
    EXPECT_EQ(nothing.get(), -1);
    EXPECT_FALSE(unique_fd(-1));
}

TEST(unique_fd, descriptor_zero_is_one_like_any_other) {
    unique_fd owner(0);
    EXPECT_TRUE(owner);
    EXPECT_EQ(owner.release(), 0);
}

TEST(unique_fd, moves) {
    const int fd = fresh();
    const int other = fresh();
    unique_fd from(fd);
    unique_fd to(std::move(from));
    EXPECT_FALSE(from);
    EXPECT_EQ(to.get(), fd);
    unique_fd target(other);
    target = std::move(to);
    EXPECT_FALSE(is_open(other)) << "what it owned before";
    EXPECT_TRUE(is_open(fd));
    EXPECT_FALSE(to);
    EXPECT_EQ(target.get(), fd);
}

TEST(unique_fd, survives_being_moved_to_itself) {
    const int fd = fresh();
    unique_fd owner(fd);
    unique_fd& alias = owner;
    owner = std::move(alias);
    EXPECT_EQ(owner.get(), fd);
    EXPECT_TRUE(is_open(fd));
}

TEST(unique_fd, release_gives_it_up_unclosed) {
    const int fd = fresh();
    unique_fd owner(fd);
    EXPECT_EQ(owner.release(), fd);
    EXPECT_FALSE(owner);
    EXPECT_TRUE(is_open(fd));
    EXPECT_EQ(::close(fd), 0);
}

TEST(unique_fd, reset_closes_and_takes_another) {
    const int fd = fresh();
    const int other = fresh();
    unique_fd owner(fd);
    owner.reset(other);
    EXPECT_FALSE(is_open(fd));
    EXPECT_EQ(owner.get(), other);
    owner.reset();
    EXPECT_FALSE(is_open(other));
    EXPECT_FALSE(owner);
    owner.reset();
}

}  // namespace
}  // namespace pgweir::base
