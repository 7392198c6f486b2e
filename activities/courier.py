"""寄递: book a parcel once, and follow it."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from activities.asking import not_yet, outside, settled
from gateways.courier.protocol import Booking, Consignment, CourierGateway
from workflows.contracts import (
    BOOK_PARCEL,
    CANCEL_PARCEL,
    TRACK_PARCEL,
    Parcel,
    ParcelRequest,
    Recall,
    TrackRequest,
)


@dataclass(frozen=True)
class CourierActivities:
    """What needs the courier."""

    gateway: CourierGateway

    @activity.defn(name=BOOK_PARCEL.name)
    async def book_parcel(self, request: ParcelRequest) -> Parcel:
        """Book one parcel; however often this is tried, the key books no second one."""
        booking = _booking(request)
        return _parcel(
            await settled(lambda pending: self.gateway.book(request.key, booking, pending))
        )

    @activity.defn(name=TRACK_PARCEL.name)
    async def track_parcel(self, request: TrackRequest) -> Parcel:
        """Look once; an unmoved parcel is looked at again after `poll` seconds.

        Lost and returned are results: what follows from them is for the workflow to say.
        """
        with outside():
            seen = await self.gateway.track(request.waybill)
        if seen.state == request.known:
            raise not_yet(f"parcel {request.waybill} is still {seen.state}", request.poll)
        return _parcel(seen)

    @activity.defn(name=CANCEL_PARCEL.name)
    async def cancel_parcel(self, request: Recall) -> Parcel:
        """Ensure that the key's parcel is not picked up; return what it is then."""
        with outside():
            return _parcel(await self.gateway.cancel(request.key))


def _booking(request: ParcelRequest) -> Booking:
    """Return what the courier may know: who and where, never an ID number."""
    person = request.recipient
    return Booking(
        case_no=request.case_no,
        leg=request.leg,
        sender=request.sender,
        name=person.name if person else "",
        phone=person.phone if person else "",
        address=person.address if person else "",
        division=request.to_division,
        unit=request.to_unit,
        contents=request.contents,
    )


def _parcel(seen: Consignment) -> Parcel:
    return Parcel(waybill=seen.waybill, state=seen.state, at=seen.at)
