#include "session/script.hpp"

// COPY: the one place where what a message means depends on an answer that may not have come yet.

namespace pgweir::test {
namespace {

const std::string data = copy_data("a\tb\n");

TEST(Copy, Out) {
    const std::string rows = copy_response('H') + data + data + copy_done() + complete("COPY 2");
    script()
        .client(query("COPY t TO STDOUT"))
        .to_server(query("COPY t TO STDOUT"))
        .server(rows)
        .to_client(rows)
        .kept()
        .server(ready('I'))
        .to_client(ready('I'))
        .given_back()
        .holds();
}

TEST(Copy, In) {
    script()
        .client(query("COPY t FROM STDIN"))
        .to_server(query("COPY t FROM STDIN"))
        .server(copy_response('G'))
        .to_client(copy_response('G'))
        .client(data + data + copy_done())
        .to_server(data + data + copy_done())
        .kept()
        .server(complete("COPY 2") + ready('I'))
        .to_client(complete("COPY 2") + ready('I'))
        .given_back()
        .holds();
}

// As PostgreSQL reads it: the data may come before it was asked for.
TEST(Copy, DataSentBeforeItIsAskedFor) {
    script()
        .client(query("COPY t FROM STDIN") + data + copy_done() + query("SELECT 1"))
        .to_server(query("COPY t FROM STDIN"))
        .server(copy_response('G'))
        .to_client(copy_response('G'))
        .to_server(data + copy_done() + query("SELECT 1"))
        .server(complete("COPY 1") + ready('I'))
        .to_client(complete("COPY 1") + ready('I'))
        .kept()
        .server(data_row("1") + complete("SELECT 1") + ready('I'))
        .to_client(data_row("1") + complete("SELECT 1") + ready('I'))
        .given_back()
        .holds();
}

TEST(Copy, ExtendedWithSyncRightBehindExecute) {
    const std::string asked = parse("", "COPY t FROM STDIN") + bind_to("") + execute() + sync();
    script()
        .client(asked)
        .to_server(asked)
        .server(parse_complete() + bind_complete() + copy_response('G'))
        .to_client(parse_complete() + bind_complete() + copy_response('G'))
        .client(data + copy_done() + sync())
        .to_server(data + copy_done() + sync())
        .server(complete("COPY 1") + ready('I'))
        .to_client(complete("COPY 1") + ready('I'))
        .given_back()
        .holds();
}

TEST(Copy, ExtendedWithDataBeforeItIsAskedForAndNoSync) {
    const std::string asked = parse("", "COPY t FROM STDIN") + bind_to("") + execute();
    script()
        .client(asked + data + copy_done() + sync())
        .to_server(asked + flush())
        .server(parse_complete() + bind_complete() + copy_response('G'))
        .to_client(parse_complete() + bind_complete() + copy_response('G'))
        .to_server(data + copy_done() + sync())
        .server(complete("COPY 1") + ready('I'))
        .to_client(complete("COPY 1") + ready('I'))
        .given_back()
        .play_lost();
}

TEST(Copy, FailsEarlyWhileTheClientStreamsOn) {
    script()
        .client(query("COPY t FROM STDIN"))
        .to_server(query("COPY t FROM STDIN"))
        .server(copy_response('G'))
        .to_client(copy_response('G'))
        .client(data)
        .to_server(data)
        .server(error("22P02", "bad data") + ready('I'))
        .to_client(error("22P02", "bad data") + ready('I'))
        .given_back()
        .client(data + copy_data(std::string(100000, 'x')) + copy_done())
        .client(query("SELECT 1"))
        .to_server(query("SELECT 1"))
        .server(data_row("1") + complete("SELECT 1") + ready('I'))
        .to_client(data_row("1") + complete("SELECT 1") + ready('I'))
        .holds();
}

TEST(Copy, ExtendedFailsEarlyAndSkipsToSync) {
    const std::string asked = parse("", "COPY t FROM STDIN") + bind_to("") + execute() + sync();
    script()
        .client(asked)
        .to_server(asked)
        .server(parse_complete() + bind_complete() + copy_response('G') + error("22P02", "bad data"))
        .to_client(parse_complete() + bind_complete() + copy_response('G') + error("22P02", "bad data"))
        .kept()
        .client(data + copy_done() + sync())
        .to_server(sync())
        .server(ready('I'))
        .to_client(ready('I'))
        .given_back()
        .holds();
}

TEST(Copy, ClientGivesUp) {
    script()
        .client(query("COPY t FROM STDIN"))
        .to_server(query("COPY t FROM STDIN"))
        .server(copy_response('G'))
        .to_client(copy_response('G'))
        .client(data + copy_fail("no more"))
        .to_server(data + copy_fail("no more"))
        .server(error("57014", "COPY from stdin failed: no more") + ready('I'))
        .to_client(error("57014", "COPY from stdin failed: no more") + ready('I'))
        .given_back()
        .holds();
}

TEST(Copy, ClientGoneBeforeTheServerAsksForData) {
    for (const bool orderly : {true, false}) {
        script()
            .client(query("COPY t FROM STDIN"))
            .to_server(query("COPY t FROM STDIN"))
            .leaves(orderly)
            .kept()
            .server(copy_response('G'))
            .to_server(copy_fail("client connection lost"))
            .server(error("57014", "COPY from stdin failed") + ready('I'))
            .given_back()
            .holds();
    }
}

// The server gives the COPY up over any other message and answers that one with nothing, so none is waited for.
TEST(Copy, AnotherMessageInTheMiddle) {
    script()
        .client(query("COPY t FROM STDIN"))
        .to_server(query("COPY t FROM STDIN"))
        .server(copy_response('G'))
        .to_client(copy_response('G'))
        .client(query("SELECT 1"))
        .to_server(query("SELECT 1"))
        .server(error("08P01", "unexpected message type 0x51 during COPY from stdin") + ready('I'))
        .to_client(error("08P01", "unexpected message type 0x51 during COPY from stdin") + ready('I'))
        .given_back()
        .holds();
}

TEST(Copy, LargePiecesStream) {
    const std::string piece = copy_data(std::string(300 * 1024, 'x'));
    script()
        .client(query("COPY t FROM STDIN"))
        .to_server(query("COPY t FROM STDIN"))
        .server(copy_response('G'))
        .to_client(copy_response('G'))
        .client(piece + copy_done())
        .to_server(piece + copy_done())
        .server(complete("COPY 1") + ready('I'))
        .to_client(complete("COPY 1") + ready('I'))
        .given_back()
        .holds();
}

}  // namespace
}  // namespace pgweir::test
