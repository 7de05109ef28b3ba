//! Whether names that are asked for leave the machine: that would be a way out for data.
//!
//! The engine's resolver asks whom it was told to ask, and the intake's is told to ask nobody: the container's own loopback. Old
//! engines say nothing at all when nobody answers there, and so does one whose question is on its way to somebody far away. So
//! this listens where nobody is, and refuses: then an engine that asks nobody else says at once that it failed.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};
use tokio::net::UdpSocket;
use tokio::time::timeout;

use super::super::limits::RESOLVE_MAX;

/// What became of a question for a name that nobody has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Names {
    /// Nobody takes questions.
    NoResolver,
    /// The engine has asked nobody.
    Held,
    /// Somebody was asked, or refused to be: the answer's code (RFC 1035, 4.1.1).
    Answered(u8),
    /// There was no answer in time: it may be on its way.
    #[default]
    Unknown,
}

/// The engine's own resolver, as every container sees it.
const RESOLVER: (Ipv4Addr, u16) = (Ipv4Addr::new(127, 0, 0, 11), 53);
/// Whom the intake's is told to ask.
const NOBODY: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 53);
/// Nobody's name (RFC 6761).
const NAME: [&[u8]; 3] = [b"separation", b"oneway", b"invalid"];
/// Where an answer's code is, and which bits of that byte (RFC 1035, 4.1.1).
const CODE: (usize, u8) = (3, 0x0F);
/// That it could not be done.
const FAILED: u8 = 2;
/// The bit that says: this is an answer.
const ANSWER: u8 = 0x80;
/// More than any question or answer over UDP without an agreement on more.
const MESSAGE_BYTES: usize = 512;

/// Asks the engine's resolver, if there is one.
pub(super) async fn names() -> Names {
    asked(RESOLVER.into(), NOBODY.into()).await
}

async fn asked(resolver: SocketAddr, nobody: SocketAddr) -> Names {
    // Where that cannot be had, an engine that says nothing is one of which nothing is known.
    let nobody = UdpSocket::bind(nobody).await.ok();
    let answer = async {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        socket.connect(resolver).await?;
        socket.send(&question()).await?;
        let mut answer = [0; MESSAGE_BYTES];
        let length = socket.recv(&mut answer).await?;
        io::Result::Ok(answer.get(..length).and_then(|answer| answer.get(CODE.0)).map(|byte| byte & CODE.1))
    };
    let answer = tokio::select! {
        answer = timeout(RESOLVE_MAX, answer) => answer,
        never = refuse_all(nobody) => match never {},
    };
    match answer {
        Ok(Ok(Some(FAILED))) => Names::Held,
        Ok(Ok(Some(code))) => Names::Answered(code),
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => Names::NoResolver,
        Ok(Ok(None) | Err(_)) | Err(_) => Names::Unknown,
    }
}

/// Answers every question with: it could not be done.
async fn refuse_all(nobody: Option<UdpSocket>) -> std::convert::Infallible {
    let Some(socket) = nobody else { return std::future::pending().await };
    let mut message = [0; MESSAGE_BYTES];
    loop {
        let Ok((length, from)) = socket.recv_from(&mut message).await else { continue };
        let Some(question) = message.get_mut(..length) else { continue };
        if let [_, _, flags, code, ..] = question {
            (*flags, *code) = (*flags | ANSWER, (*code & !CODE.1) | FAILED);
            // Whoever asked asks again, or not.
            let _ = socket.send_to(question, from).await;
        }
    }
}

/// A question for an address, that others may be asked for.
fn question() -> Vec<u8> {
    let mut bytes = vec![0x4f, 0x57, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in NAME {
        bytes.push(u8::try_from(label.len()).unwrap_or(0));
        bytes.extend(label);
    }
    bytes.extend([0, 0, 1, 0, 1]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a resolver does with a question.
    enum Does {
        Answers(u8),
        Passes(SocketAddr),
        Nothing,
    }

    async fn resolver(does: Does) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let at = socket.local_addr().unwrap();
        tokio::spawn(async move {
            let mut message = [0; MESSAGE_BYTES];
            let (length, from) = socket.recv_from(&mut message).await.unwrap();
            match does {
                Does::Answers(code) => message[CODE.0] = code | 0x80,
                Does::Passes(to) => {
                    let own = UdpSocket::bind("127.0.0.1:0").await.unwrap();
                    own.send_to(&message[..length], to).await.unwrap();
                    let length = own.recv(&mut message).await.unwrap();
                    assert_eq!(length, question().len());
                }
                Does::Nothing => std::future::pending().await,
            }
            socket.send_to(&message[..length], from).await.unwrap();
        });
        at
    }

    async fn free() -> SocketAddr {
        UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
    }

    #[tokio::test]
    async fn only_an_engine_that_asks_nobody_is_believed() {
        let nobody = free().await;
        for (does, expected) in [
            (Does::Answers(2), Names::Held),
            (Does::Passes(nobody), Names::Held),
            (Does::Answers(0), Names::Answered(0)),
            (Does::Answers(3), Names::Answered(3)),
            // One that was asked and would not answer was asked.
            (Does::Answers(5), Names::Answered(5)),
            (Does::Answers(4), Names::Answered(4)),
            (Does::Nothing, Names::Unknown),
        ] {
            assert_eq!(asked(resolver(does).await, nobody).await, expected);
        }
        assert_eq!(asked(free().await, nobody).await, Names::NoResolver);
        // Where the place is taken, an engine that is silent is one of which nothing is known.
        let taken = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let at = taken.local_addr().unwrap();
        assert_eq!(asked(resolver(Does::Passes(at)).await, at).await, Names::Unknown);
    }
}
