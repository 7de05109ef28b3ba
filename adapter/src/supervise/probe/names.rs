//! Whether names that are asked for leave the machine: that would be a way out for data.
//!
//! The engine's resolver asks whom it was told to ask, and the intake's is told to ask nobody: the container's own loopback. So this
//! listens there, and refuses. Of an engine that then says at once that it failed, and had asked here, it is shown where it asks.
//! (Tried on Docker 20.10: it answers within some 30 ms, and says nothing at all where those whom it asks do not.) One that was told
//! to ask somebody else passes on what that one says, which may be a failure as well.
//!
//! Newer engines ask nobody for a container of a closed network, and say that they failed. From Docker 26 on it stands in the
//! container's own file of resolvers whom they would ask; before, there is nothing but their description of the container.
//!
//! The name is another one each time: nobody has the failure of an earlier look still in mind (RFC 2308, 7), and what runs in the
//! half cannot ask for it before.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

use ring::rand::{SecureRandom as _, SystemRandom};
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
    /// The engine has asked nobody: it did so here, or says that it would.
    Held,
    /// It says that it could not be done, and has not asked here.
    Failed,
    /// Somebody was asked, or refused to be: the answer's code (RFC 1035, 4.1.1). That it could not be done (2) is one where the
    /// engine says that it asks others.
    Answered(u8),
    /// There was no answer in time: it may be on its way.
    #[default]
    Unknown,
}

/// The engine's own resolver, as every container sees it.
const RESOLVER: (Ipv4Addr, u16) = (Ipv4Addr::new(127, 0, 0, 11), 53);
/// Whom the intake's is told to ask.
const NOBODY: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 53);
/// Nobody's name (RFC 6761), with something before it.
const NAME: [&[u8]; 3] = [b"separation", b"oneway", b"invalid"];
/// Bytes of what is before it.
const OTHER_BYTES: usize = 8;
/// Where the engine writes whom the half is to ask, and since Docker 26 whom it asks itself.
const WRITTEN: &str = "/etc/resolv.conf";
/// What begins the line with whom the engine asks (moby, `libnetwork/internal/resolvconf`).
const ASKS: &str = "ExtServers:";
/// What is before the question in a message (RFC 1035, 4.1.1).
const HEADER_BYTES: usize = 12;
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
    let written = std::fs::read_to_string(WRITTEN).unwrap_or_default();
    let found = asked(RESOLVER.into(), NOBODY.into()).await;
    with_what_is_written(found, &written)
}

/// What is written there otherwise than is known names somebody.
fn with_what_is_written(found: Names, written: &str) -> Names {
    let [engine, nobody] = [RESOLVER.0, NOBODY.0].map(|ip| ip.to_string());
    let (mut others, mut nobody_else) = (false, false);
    for line in written.lines() {
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["#", ASKS, ref asks @ ..] => {
                nobody_else = true;
                others |= asks.iter().any(|ip| ip.trim_matches(['[', ']']) != nobody);
            }
            ["#", "NO", "EXTERNAL", "NAMESERVERS", ..] => nobody_else = true,
            // The container asks by itself.
            ["nameserver", ref asked @ ..] => others |= asked.iter().any(|ip| *ip != engine && *ip != nobody),
            _ => {}
        }
    }
    match found {
        Names::Answered(code) => Names::Answered(code),
        _ if others => Names::Answered(FAILED),
        Names::Failed if nobody_else => Names::Held,
        found => found,
    }
}

async fn asked(resolver: SocketAddr, nobody: SocketAddr) -> Names {
    // Where that cannot be had, an engine that says nothing is one of which nothing is known.
    let nobody = UdpSocket::bind(nobody).await.ok();
    let Ok(question) = question(&SystemRandom::new()) else { return Names::Unknown };
    let asked_here = AtomicBool::new(false);
    let answer = async {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        socket.connect(resolver).await?;
        socket.send(&question).await?;
        let mut answer = [0; MESSAGE_BYTES];
        let length = socket.recv(&mut answer).await?;
        io::Result::Ok(answer.get(..length).and_then(|answer| answer.get(CODE.0)).map(|byte| byte & CODE.1))
    };
    let answer = tokio::select! {
        answer = timeout(RESOLVE_MAX, answer) => answer,
        never = refuse_all(nobody, &question, &asked_here) => match never {},
    };
    match answer {
        Ok(Ok(Some(FAILED))) if asked_here.load(Ordering::Relaxed) => Names::Held,
        Ok(Ok(Some(FAILED))) => Names::Failed,
        Ok(Ok(Some(code))) => Names::Answered(code),
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => Names::NoResolver,
        Ok(Ok(None) | Err(_)) | Err(_) => Names::Unknown,
    }
}

/// Answers every question with: it could not be done. Notes whether this one was among them, which has another number now.
async fn refuse_all(nobody: Option<UdpSocket>, ours: &[u8], asked_here: &AtomicBool) -> Infallible {
    let Some(socket) = nobody else { return std::future::pending().await };
    let mut message = [0; MESSAGE_BYTES];
    loop {
        let Ok((length, from)) = socket.recv_from(&mut message).await else { continue };
        let Some(question) = message.get_mut(..length) else { continue };
        // An engine may have added what it understands behind the question.
        if question
            .get(HEADER_BYTES..)
            .is_some_and(|rest| ours.get(HEADER_BYTES..).is_some_and(|ours| rest.starts_with(ours)))
        {
            asked_here.store(true, Ordering::Relaxed);
        }
        if let [_, _, flags, code, ..] = question {
            (*flags, *code) = (*flags | ANSWER, (*code & !CODE.1) | FAILED);
            // Whoever asked asks again, or not.
            let _ = socket.send_to(question, from).await;
        }
    }
}

/// A question for an address, that others may be asked for.
fn question(random: &SystemRandom) -> io::Result<Vec<u8>> {
    let mut other = [0; OTHER_BYTES];
    random.fill(&mut other).map_err(|_| io::Error::other("the kernel gives no random bytes"))?;
    let other = format!("{:016x}", u64::from_be_bytes(other));
    let mut bytes = vec![0x4f, 0x57, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in std::iter::once(other.as_bytes()).chain(NAME) {
        bytes.push(u8::try_from(label.len()).unwrap_or(0));
        bytes.extend(label);
    }
    bytes.extend([0, 0, 1, 0, 1]);
    Ok(bytes)
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
                    assert_eq!(length, question(&SystemRandom::new()).unwrap().len());
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
    async fn an_engine_that_asks_nobody_is_told_from_one_that_asks_somebody() {
        let nobody = free().await;
        for (does, expected) in [
            // Whoever failed, it was not asked here.
            (Does::Answers(2), Names::Failed),
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
        let questions = [(); 2].map(|()| question(&SystemRandom::new()).unwrap());
        assert_ne!(questions[0], questions[1]);
        // Where the place is taken, an engine that is silent is one of which nothing is known.
        let taken = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let at = taken.local_addr().unwrap();
        assert_eq!(asked(resolver(Does::Passes(at)).await, at).await, Names::Unknown);
    }

    #[test]
    fn whom_the_engine_has_written_down_that_it_asks() {
        // As Docker 28 writes it for a container that was told to ask the container's own loopback.
        let with = |servers: &str| {
            format!(
                "# Generated by Docker Engine.\n# This file can be edited; Docker Engine will not make further changes once it\n\
                 # has been modified.\n\nnameserver 127.0.0.11\noptions edns0 ndots:0\n\n\
                 # Based on host file: '/etc/resolv.conf' (internal resolver)\n{servers}# Overrides: [nameservers]\n"
            )
        };
        let (failed, others) = (Names::Failed, Names::Answered(FAILED));
        for (written, expected) in [
            (with("# ExtServers: [127.0.0.1]\n"), Names::Held),
            (with("# NO EXTERNAL NAMESERVERS DEFINED\n"), Names::Held),
            (with(""), failed),
            (with("# ExtServers: [192.0.2.1]\n"), others),
            (with("# ExtServers: [127.0.0.1 192.0.2.1]\n"), others),
            // Asked from the machine's own network, beside which the container's is no wall.
            (with("# ExtServers: [host(127.0.0.1)]\n"), others),
            (with("# ExtServers: [host(127.0.0.53)]\n"), others),
            (with("# ExtServers: [invalid IP]\n"), others),
            // As Docker 20.10 writes it, which says no more.
            ("nameserver 127.0.0.11\noptions ndots:0\n".to_owned(), failed),
            // Without a network: the container asks by itself, and nobody.
            ("nameserver 127.0.0.1\n".to_owned(), failed),
            ("nameserver 127.0.0.11\nnameserver 10.1.2.1\n".to_owned(), others),
            (String::new(), failed),
        ] {
            assert_eq!(with_what_is_written(failed, &written), expected, "{written}");
        }
        let asks = with("# ExtServers: [192.0.2.1]\n");
        for (found, expected) in [
            (Names::Held, others),
            (Names::Unknown, others),
            (Names::NoResolver, others),
            (Names::Answered(3), Names::Answered(3)),
        ] {
            assert_eq!(with_what_is_written(found, &asks), expected);
            assert_eq!(with_what_is_written(found, &with("")), found);
        }
    }
}
