// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {RateLimiter} from "@openzeppelin/contracts/utils/RateLimiter.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IHeaderSource} from "../interfaces/IHeaderSource.sol";
import {IRiskOracle} from "../interfaces/IRiskOracle.sol";
import {IMarginHub} from "../interfaces/IMarginHub.sol";
import {IOracleHub} from "../interfaces/IOracleHub.sol";
import {HubLedger} from "../types/HubLedger.sol";
import {OrderKind} from "../types/Lien.sol";
import {LienCode} from "./LienCode.sol";
import {RemoteMath} from "./RemoteMath.sol";
import {StorageProof} from "./StorageProof.sol";

/// @title What proofs do to the liens of a hub, and what the liens count for
/// @dev Linked into `MarginHub`, whose head is the specification; runs on its storage. What it reads for others is inlined into them.
library LienAccounting {
    using RateLimiter for RateLimiter.SlidingWindow;
    using SafeCast for uint256;

    /// @dev So many units of a token, seen at a time.
    struct Holding {
        bytes32 remoteKey;
        uint256 units;
        uint256 disputed;
        uint64 observedAt;
    }

    uint256 private constant WAD = 1e18;

    /// @dev How long units that an attested proof misses still serve maintenance, in seconds.
    uint64 internal constant DISPUTE_PERIOD = 24 hours;

    // ---------------------------------------------------------------------------------------------------- proofs

    /// @notice Takes a proof of the lien's state in: ends what it ends, and a swap together with the lien it filled.
    function observe(
        HubLedger storage ledger,
        IOracleHub oracleHub,
        bytes32 lienKey,
        IHeaderSource.Header memory header,
        bytes32 root,
        IMarginHub.LienProof calldata proof
    ) external {
        IMarginHub.RemoteLien storage lien = ledger.liens[lienKey];
        uint64 counter = _record(ledger, lienKey, lien, header, root, proof.stateProof);
        uint64 swapCounter = lien.swapCounter;
        _endOrders(ledger, lienKey, lien, counter, header.timestamp);

        if (swapCounter != 0 && lien.swapCounter == 0) {
            IMarginHub.PendingOrder storage swap = ledger.pending[lienKey][swapCounter];
            // A lapsed swap has brought nothing, and needs no proof of the other lien.
            if (swapCounter <= counter) _endReached(ledger, oracleHub, lien, swap, header, root, proof.outStateProof);
            else lien.counted += swap.units;
        }
        _recount(ledger, oracleHub, lienKey, lien, header, 0);
    }

    /// @dev The swap's counter is reached: carried out, or ended there without effect, which the counter does not tell apart. Of its units those are
    /// gone for which the other lien has more; the others count again, as of a lapsed swap.
    function _endReached(
        HubLedger storage ledger,
        IOracleHub oracleHub,
        IMarginHub.RemoteLien storage lien,
        IMarginHub.PendingOrder storage swap,
        IHeaderSource.Header memory header,
        bytes32 root,
        bytes[] calldata outStateProof
    ) private {
        bytes32 outKey = swap.lienOutKey;
        IMarginHub.RemoteLien storage out = ledger.liens[outKey];
        _endOrders(ledger, outKey, out, _record(ledger, outKey, out, header, root, outStateProof), header.timestamp);
        uint256 rise = FixedPointMathLib.zeroFloorSub(availableDown(out), out.counted + out.disputed);
        uint256 gone = FixedPointMathLib.fullMulDivUp(swap.units, FixedPointMathLib.min(rise, swap.minOut), swap.minOut);
        lien.counted += swap.units - gone.toUint128();
        ledger.remotes[lien.remoteKey].total -= gone.toUint128();
        _recount(ledger, oracleHub, outKey, out, header, swap.minOut);
    }

    /// @dev What the proof says, and nothing else.
    function _record(
        HubLedger storage ledger,
        bytes32 lienKey,
        IMarginHub.RemoteLien storage lien,
        IHeaderSource.Header memory header,
        bytes32 root,
        bytes[] calldata stateProof
    ) private returns (uint64 counter) {
        uint64 generation = ledger.chains[ledger.remotes[lien.remoteKey].chainId].generation;
        if (generation == lien.generation && header.number < lien.observedNumber) {
            revert IMarginHub.HeaderOlder(lienKey, header.number, lien.observedNumber);
        }
        (lien.proven, counter) =
            LienCode.unpackState(StorageProof.slotValue(root, LienCode.stateSlot(lien.number), stateProof));
        (lien.observedNumber, lien.observedAt, lien.generation) = (header.number, header.timestamp, generation);
    }

    /// @dev Ends the orders up to `counter`, and those after it whose deadline the proved block is past.
    function _endOrders(
        HubLedger storage ledger,
        bytes32 lienKey,
        IMarginHub.RemoteLien storage lien,
        uint64 counter,
        uint64 provedTime
    ) private {
        uint64 last = lien.lastCounter;
        for (uint64 c = lien.endedCounter + 1; c <= last; ++c) {
            IMarginHub.PendingOrder storage pending = ledger.pending[lienKey][c];
            bool reached = c <= counter;
            if (pending.ended || (!reached && pending.deadline >= provedTime)) continue;

            pending.ended = true;
            lien.pending -= pending.units;
            if (pending.kind == OrderKind.Swap) {
                lien.swapCounter = 0;
                IMarginHub.RemoteLien storage out = ledger.liens[pending.lienOutKey];
                out.incoming -= 1;
                ledger.remotes[out.remoteKey].total -= pending.minOut;
            }
            emit IMarginHub.OrderEnded(lienKey, c, !reached);
        }
        if (counter > lien.endedCounter) lien.endedCounter = counter;
        // A counter past every order of this hub was forged there; the next order must still follow it.
        if (counter > last) lien.lastCounter = counter;
    }

    /// @dev Brings what is counted in line with what is available; up to `promised` units past the caps.
    function _recount(
        HubLedger storage ledger,
        IOracleHub oracleHub,
        bytes32 lienKey,
        IMarginHub.RemoteLien storage lien,
        IHeaderSource.Header memory header,
        uint128 promised
    ) private {
        uint128 available = availableDown(lien);
        uint128 had = lien.counted + lien.disputed;
        if (available < had) {
            _dispute(ledger, lien, available, header.chainGiven);
        } else {
            (lien.counted, lien.disputed, lien.disputedAt) = (had, 0, 0);
            if (lien.incoming == 0) _admit(ledger, oracleHub, lien, available - had, header.chainGiven, promised);
        }
        emit IMarginHub.LienObserved(
            lienKey, lien.account, header.number, header.timestamp, lien.proven, lien.counted, lien.disputed
        );
    }

    /// @dev Units are missing that no order of this hub took.
    function _dispute(HubLedger storage ledger, IMarginHub.RemoteLien storage lien, uint128 available, bool chainGiven)
        private
    {
        uint128 had = lien.counted + lien.disputed;
        // Also a rise, up to what was counted before: then what a release may take is counted, and never stands behind what is disputed.
        lien.counted = available;
        uint64 since = lien.disputedAt;
        if (chainGiven || (since != 0 && block.timestamp >= since + DISPUTE_PERIOD)) {
            ledger.remotes[lien.remoteKey].total -= had - lien.counted;
            (lien.disputed, lien.disputedAt) = (0, 0);
        } else {
            lien.disputed = had - lien.counted;
            if (since == 0) lien.disputedAt = uint64(block.timestamp);
        }
    }

    function _admit(
        HubLedger storage ledger,
        IOracleHub oracleHub,
        IMarginHub.RemoteLien storage lien,
        uint128 rise,
        bool chainGiven,
        uint128 promised
    ) private {
        if (rise == 0) return;
        bytes32 remoteKey = lien.remoteKey;
        IMarginHub.RemoteToken storage remote = ledger.remotes[remoteKey];
        uint256 admitted = FixedPointMathLib.min(rise, promised);
        uint256 more = FixedPointMathLib.min(rise - admitted, _roomDown(ledger, oracleHub, remote, admitted));
        if (!chainGiven) {
            more = FixedPointMathLib.min(more, ledger.growth[remoteKey].available(0));
            ledger.growth[remoteKey].consume(0, more);
        }
        admitted += more;
        lien.counted += admitted.toUint128();
        remote.total += admitted.toUint128();
    }

    /// @dev Units that the token's cap and the chain's value cap still leave after `admitted` ones.
    function _roomDown(
        HubLedger storage ledger,
        IOracleHub oracleHub,
        IMarginHub.RemoteToken storage remote,
        uint256 admitted
    ) private view returns (uint256) {
        bytes32[] storage keys = ledger.remotesOf[remote.chainId];
        uint256 used = 0;
        for (uint256 i = 0; i < keys.length; ++i) {
            IMarginHub.RemoteToken storage one = ledger.remotes[keys[i]];
            if (one.total == 0) continue;
            (bool known, uint256 price) = priceOf(oracleHub, one.asset);
            if (!known) return 0;
            used += RemoteMath.valueDown(one.total, price, 10 ** one.decimals);
        }
        (bool priced, uint256 own) = priceOf(oracleHub, remote.asset);
        if (!priced) return 0;
        uint256 unit = 10 ** remote.decimals;
        used += RemoteMath.valueDown(admitted, own, unit);

        uint256 left = FixedPointMathLib.zeroFloorSub(ledger.chains[remote.chainId].valueCap, used);
        return FixedPointMathLib.min(
            FixedPointMathLib.fullMulDiv(left, unit, own),
            FixedPointMathLib.zeroFloorSub(remote.cap, uint256(remote.total) + admitted)
        );
    }

    // ----------------------------------------------------------------------------------------------------- worth

    /// @notice What units of a token count for, seen at a time.
    function worth(HubLedger storage ledger, IOracleHub oracleHub, IRiskOracle riskOracle, Holding memory holding)
        internal
        view
        returns (IMarginHub.Capacity memory counts)
    {
        if (holding.units + holding.disputed == 0) return counts;
        IMarginHub.RemoteToken storage remote = ledger.remotes[holding.remoteKey];
        uint256 lag = ledger.chains[remote.chainId].finalityLag;
        IRiskOracle.Factors memory factors = riskOracle.factors(remote.asset);
        (bool priced, uint256 price) = priceOf(oracleHub, remote.asset);
        uint256 unit = 10 ** remote.decimals;
        uint256 lagHaircut = RemoteMath.haircutUp(factors.maintenanceVolatility, lag);

        uint256 all = RemoteMath.valueDown(holding.units + holding.disputed, priced ? price : remote.maxPrice, unit);
        counts.maintenance = RemoteMath.weightedDown(all, factors.liquidationThreshold, lagHaircut);
        (uint256 pastThreshold, uint256 pastVolatility) = riskOracle.pastFactors(remote.asset);
        counts.past = RemoteMath.weightedDown(all, pastThreshold, RemoteMath.haircutUp(pastVolatility, lag));
        if (!priced) return counts;

        uint256 age = RemoteMath.ageAtLeast(block.timestamp, holding.observedAt, lag);
        uint256 counted = RemoteMath.valueDown(holding.units, price, unit);
        counts.initial = RemoteMath.weightedDown(
            counted, factors.borrowFactor, RemoteMath.haircutUp(factors.initialVolatility, age)
        );
        counts.value = RemoteMath.weightedDown(counted, WAD, lagHaircut);
    }

    function _addTo(IMarginHub.Capacity memory sum, IMarginHub.Capacity memory counts) private pure {
        sum.initial += counts.initial;
        sum.maintenance += counts.maintenance;
        sum.past += counts.past;
        sum.value += counts.value;
    }

    /// @notice What an account's liens count for now.
    function capacityOf(HubLedger storage ledger, IOracleHub oracleHub, IRiskOracle riskOracle, bytes32 account)
        external
        view
        returns (IMarginHub.Capacity memory sum)
    {
        bytes32[] storage list = ledger.lists[account];
        for (uint256 i = 0; i < list.length; ++i) {
            IMarginHub.RemoteLien storage lien = ledger.liens[list[i]];
            _addTo(
                sum,
                worth(
                    ledger, oracleHub, riskOracle, Holding(lien.remoteKey, lien.counted, lien.disputed, lien.observedAt)
                )
            );
            if (lien.swapCounter == 0) continue;

            IMarginHub.PendingOrder storage swap = ledger.pending[list[i]][lien.swapCounter];
            bytes32 outKey = ledger.liens[swap.lienOutKey].remoteKey;
            IMarginHub.Capacity memory given =
                worth(ledger, oracleHub, riskOracle, Holding(lien.remoteKey, swap.units, 0, lien.observedAt));
            IMarginHub.Capacity memory brought =
                worth(ledger, oracleHub, riskOracle, Holding(outKey, swap.minOut, 0, lien.observedAt));
            _addTo(
                sum,
                IMarginHub.Capacity({
                    initial: FixedPointMathLib.min(given.initial, brought.initial),
                    maintenance: FixedPointMathLib.min(given.maintenance, brought.maintenance),
                    past: FixedPointMathLib.min(given.past, brought.past),
                    value: FixedPointMathLib.min(given.value, brought.value)
                })
            );
        }
    }

    // ---------------------------------------------------------------------------------------------------- readings

    /// @notice A lien in its account's list.
    function requireAttached(HubLedger storage ledger, bytes32 lienKey)
        internal
        view
        returns (IMarginHub.RemoteLien storage lien)
    {
        lien = ledger.liens[lienKey];
        if (lien.account == 0) revert IMarginHub.LienUnknown(lienKey);
        if (!lien.attached) revert IMarginHub.LienNotAttached(lienKey);
    }

    /// @notice Room for one more order among `limit` that have not ended on the other chain.
    function requireRoom(IMarginHub.RemoteLien storage lien, bytes32 lienKey, uint256 limit) internal view {
        uint256 waiting = lien.lastCounter - lien.endedCounter;
        if (waiting >= limit) revert IMarginHub.TooManyPendingOrders(lienKey, waiting, limit);
    }

    function availableDown(IMarginHub.RemoteLien storage lien) internal view returns (uint128) {
        return lien.proven > lien.pending ? lien.proven - lien.pending : 0;
    }

    function priceOf(IOracleHub oracleHub, address asset) internal view returns (bool priced, uint256 price) {
        IOracleHub.PriceReading memory reading = oracleHub.reading(asset);
        return (reading.status == IOracleHub.PriceStatus.Ok, reading.price);
    }
}
