//! What another part of this process may ask of the supervisor: to run other images. No other process can.

use release::ImageDigest;
use tokio::sync::{mpsc, oneshot};

use super::limits::ORDERS_MAX;
use super::topology::{Role, Topology};

/// The images of both halves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Images {
    /// What the intake runs.
    pub(crate) intake: ImageDigest,
    /// What the uplink runs.
    pub(crate) uplink: ImageDigest,
}

/// Something that is asked.
#[derive(Debug)]
pub(super) enum Order {
    /// Run these, or go back; the answer says which, and why.
    Switch(Images, oneshot::Sender<Result<(), String>>),
}

/// A hand on the supervisor.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    orders: mpsc::Sender<Order>,
}

impl Control {
    pub(super) fn new() -> (Self, mpsc::Receiver<Order>) {
        let (orders, received) = mpsc::channel(ORDERS_MAX);
        (Self { orders }, received)
    }

    /// Has both halves run these images, which the engine has. Well when both are healthy and shown to be separated;
    /// otherwise those that ran before run again, and this is why.
    pub(crate) async fn switch(&self, images: Images) -> Result<(), String> {
        let (answer, answered) = oneshot::channel();
        let gone = || "the supervisor has stopped".to_owned();
        self.orders.send(Order::Switch(images, answer)).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

impl Images {
    /// Puts them into a topology.
    pub(super) fn put(&self, topology: &mut Topology) {
        for container in &mut topology.containers {
            container.image = match container.role {
                Role::Intake => self.intake.clone(),
                Role::Uplink => self.uplink.clone(),
            };
        }
    }
}
