// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {IOptionBook} from "./interfaces/IOptionBook.sol";
import {IMarginAttestations} from "./interfaces/IMarginAttestations.sol";
import {IOracleHub} from "./interfaces/IOracleHub.sol";
import {LeafRecompute} from "./libraries/LeafRecompute.sol";
import {MarginLeaf} from "./libraries/MarginLeaf.sol";
import {ScenarioMargin} from "./libraries/ScenarioMargin.sol";

/// @title Requirements computed off-chain, bonded, proven when used and open to challenge
/// @dev SPECIFICATION
///
/// The fast path of *initial* checks (rule 6): what `ScenarioMargin` would compute in millions of gas is read from a leaf under a bonded Merkle root,
/// at a cost that does not grow with the legs. Liquidation never reads a leaf. The layout of a leaf is in `IMarginAttestations`.
///
/// A leaf holds only where all of this does, asked in this order; the first that fails is the reason, and the caller computes instead:
///   Malformed           its bytes are a root id, a body and a proof of at most 32 levels
///   RootUnknown, RootVoid, BondTooSmall    the root is known, not void, and its poster's bond is at least `minimumBond`
///   NotInRoot           the proof leads to the root, for this chain, contract and account
///   ObservedAfterRoot   observedAt <= chain time of the root
///   Expired             now <= observedAt + 10 min
///   ExpiryNear          earliestExpiry >= now + 1 h: time runs on during the 10 minutes, and near expiry that is not little
///   LegsChanged         the option book's leg nonce and legs hash are the leaf's
///   Silent              the risk oracle's last report is no older than its heartbeat: past it, fallback inputs count, which no leaf knows
///   InputsChanged       per underlying, the risk oracle's inputs hash is the leaf's
///   SpotMoved           per underlying, the hub has a price S, within 2 % of the leaf's S0
///   RiskLimit           (`consume` only) the risk added fits under the poster's bond, see below
/// It then stands for R0 + sum over underlyings of SPOT_SLOPE sum|amount| |S - S0|, rounded up, which is at least the requirement at S (derivation in
/// `ScenarioMargin`; a false S0 inside the 2 % therefore understates nothing).
///
/// Bond. Whoever has a bond of at least `minimumBond` posts roots. Risk that is added on a poster's leaves (`addedRisk`, told by the vault) is at most half of his
/// bond: over all his roots, in a bucket that empties evenly in 70 minutes (window and challenge period). This is stricter than half of the bond for each
/// root, which a poster of many roots would multiply. So at most half of the bond is added at once, and at most all of it in any 70 minutes. The bond
/// can be withdrawn from an hour after the window of the poster's last root.
///
/// Challenge, by anyone, at any time while the root is known: `challengeRequirement` recomputes the leaf from the preimages of its own hashes
/// (`libraries/LeafRecompute.sol`: both sides, 1e-6 of gross notional), so it works after the account, the spot and the inputs have changed.
/// `challengeInputs` compares a leaf's inputs with the oracle's while the oracle is still at the epoch, tightening and bounds version that the leaf
/// names; and, within its window, its volatility with the one in force, 1 % either way, since the maintenance ramp moves that. The root
/// is void, the winner gets half of the bond, rounded down, and the insurance fund the rest. A poster who challenges himself still loses half, which is why
/// no more than half can ride on it. A wrong challenge costs its gas.
///
/// What can not be proven, and what stands in its place:
///   - which spot the hub had at observedAt: the median of several feeds leaves no proof. The 2 % and the slope bound it at use.
///   - the ramped volatility after the window: it moves with time. That it is not under the attested initial volatility is proven at any time; a leaf that
///     leaves out a maintenance volatility that is still above it has to be caught within its 10 minutes.
///   - inputs that were never attested, once the epoch is over: such a leaf never held, since its hash has to be the oracle's at use.
///   - that joint scenarios justify an offset: only that it is at most half of all requirements but the largest.
/// A challenge may be copied from the pool of pending transactions by somebody who pays more for his place; the poster loses the same.
///
/// Limits. The passing of time inside the 10 minutes is not in the slope. Expired legs are not attested (`ExpiryNear`). The stable token counts as one unit of
/// account; it has at most 24 decimals.
///
/// Roles. `setConsumers` is restricted to the admin, once. `consume` is for the vault and the option book. All else is open to anyone; nobody can take a
/// bond but by a proof.
contract MarginAttestations is IMarginAttestations, AccessManaged, ReentrancyGuardTransient {
    using SafeERC20 for IERC20Metadata;

    /// @notice How long a leaf holds from its own time, and so how long a root can be used.
    uint256 public constant WINDOW = 10 minutes;
    /// @notice How long after the window of his last root a poster's bond stays.
    uint256 public constant CHALLENGE_PERIOD = 1 hours;
    /// @notice Time in which risk added wears off a poster's limit.
    uint256 public constant EXPOSURE_PERIOD = WINDOW + CHALLENGE_PERIOD;
    /// @notice No leaf holds this close to the first expiry.
    uint256 public constant EXPIRY_MARGIN = 1 hours;

    uint256 private constant WAD = 1e18;
    /// @dev A fiftieth: 2 %.
    uint256 private constant SPOT_SHARE = 50;
    /// @dev A hundredth: 1 %.
    uint256 private constant VOLATILITY_SHARE = 100;
    uint256 private constant MAX_DECIMALS = 24;

    /// @notice The token of the bonds.
    IERC20Metadata public immutable stable;
    /// @notice Where spots come from.
    IOracleHub public immutable hub;
    /// @notice Where inputs come from.
    IRiskOracle public immutable risk;
    /// @notice Who gets what the winner of a challenge does not.
    address public immutable insuranceFund;
    /// @inheritdoc IMarginAttestations
    uint256 public immutable minimumBond;
    /// @dev One whole stable token in its units.
    uint256 private immutable _unit;

    /// @inheritdoc IMarginAttestations
    address public vault;
    /// @inheritdoc IMarginAttestations
    address public optionBook;
    /// @inheritdoc IMarginAttestations
    uint64 public rootCount;

    mapping(uint64 rootId => Root root) private _roots;
    mapping(address poster => Poster state) private _posters;

    constructor(
        address authority_,
        IERC20Metadata stable_,
        IOracleHub hub_,
        IRiskOracle risk_,
        address insuranceFund_,
        uint256 minimumBond_
    ) AccessManaged(authority_) {
        if (address(hub_) == address(0) || address(risk_) == address(0) || insuranceFund_ == address(0)) {
            revert AddressZero();
        }
        if (minimumBond_ == 0) revert AmountZero();
        uint256 decimals = stable_.decimals();
        if (decimals > MAX_DECIMALS) revert StableDecimalsTooMany(decimals, MAX_DECIMALS);
        (stable, hub, risk, insuranceFund) = (stable_, hub_, risk_, insuranceFund_);
        minimumBond = minimumBond_;
        _unit = 10 ** decimals;
    }

    /// @inheritdoc IMarginAttestations
    function setConsumers(address vault_, address optionBook_) external restricted {
        if (vault != address(0)) revert ConsumersAlreadySet(vault, optionBook);
        if (vault_ == address(0) || optionBook_ == address(0)) revert AddressZero();

        (vault, optionBook) = (vault_, optionBook_);

        emit ConsumersSet(vault_, optionBook_);
    }

    // ----------------------------------------------------------------------------------------------- bonds, roots

    /// @inheritdoc IMarginAttestations
    function postBond(uint256 amount) external nonReentrant {
        if (amount == 0) revert AmountZero();
        Poster storage poster = _posters[msg.sender];
        uint256 bond = poster.bond + amount;
        if (bond > type(uint104).max) revert BondTooLarge(bond, type(uint104).max);

        // casting to 'uint104' is safe because larger bonds were refused above
        // forge-lint: disable-next-line(unsafe-typecast)
        poster.bond = uint104(bond);

        emit BondPosted(msg.sender, amount, bond);
        uint256 before = stable.balanceOf(address(this));
        stable.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = stable.balanceOf(address(this)) - before;
        if (received != amount) revert TransferShort(amount, received);
    }

    /// @inheritdoc IMarginAttestations
    function withdrawBond(uint256 amount, address to) external nonReentrant {
        if (to == address(0)) revert AddressZero();
        if (amount == 0) revert AmountZero();
        Poster storage poster = _posters[msg.sender];
        uint256 bond = poster.bond;
        if (amount > bond) revert BondInsufficient(msg.sender, amount, bond);
        uint256 earliest = poster.lastRootAt + EXPOSURE_PERIOD;
        if (poster.lastRootAt != 0 && block.timestamp <= earliest) {
            revert BondLocked(msg.sender, block.timestamp, earliest);
        }

        // casting to 'uint104' is safe because it is no more than the bond was
        // forge-lint: disable-next-line(unsafe-typecast)
        poster.bond = uint104(bond - amount);

        emit BondWithdrawn(msg.sender, to, amount, bond - amount);
        stable.safeTransfer(to, amount);
    }

    /// @inheritdoc IMarginAttestations
    function postRoot(bytes32 root, uint256 leafCount) external returns (uint64 rootId) {
        if (root == bytes32(0)) revert RootZero();
        Poster storage poster = _posters[msg.sender];
        if (poster.bond < minimumBond) revert BondUnderMinimum(msg.sender, poster.bond, minimumBond);

        rootId = ++rootCount;
        _roots[rootId] = Root({root: root, poster: msg.sender, postedAt: uint64(block.timestamp), void: false});
        poster.lastRootAt = uint40(block.timestamp);

        emit RootPosted(rootId, msg.sender, root, leafCount);
    }

    // -------------------------------------------------------------------------------------------------------- use

    /// @inheritdoc IMarginAttestations
    function attested(bytes32 account, bytes calldata leaf)
        external
        view
        returns (bool valid, uint256 requirement, bytes32 why)
    {
        (why, requirement,,) = _assess(account, leaf);
        valid = why == 0;
        if (!valid) requirement = 0;
    }

    /// @inheritdoc IMarginAttestations
    function consume(bytes32 account, bytes calldata leaf, uint256 addedRisk)
        external
        returns (bool valid, uint256 requirement)
    {
        if (msg.sender != vault && msg.sender != optionBook) revert NotConsumer(msg.sender);
        bytes32 why;
        uint64 rootId;
        address posterAddress;
        (why, requirement, rootId, posterAddress) = _assess(account, leaf);
        if (why != 0) return (false, 0);
        if (addedRisk > type(uint128).max) return (false, 0);
        Poster storage poster = _posters[posterAddress];
        uint256 used = _usedUp(poster) + FixedPointMathLib.fullMulDivUp(addedRisk, _unit, WAD);
        if (used > poster.bond / 2) return (false, 0);

        // casting to 'uint104' is safe because it is no more than half of the bond
        // forge-lint: disable-next-line(unsafe-typecast)
        (poster.used, poster.usedAt) = (uint104(used), uint40(block.timestamp));

        emit LeafUsed(rootId, account, requirement, addedRisk, used);
        return (true, requirement);
    }

    /// @dev Why a leaf does not hold, or zero and what it stands for.
    function _assess(bytes32 account, bytes calldata data)
        private
        view
        returns (bytes32 why, uint256 requirement, uint64 rootId, address poster)
    {
        uint256 end = MarginLeaf.bodyEnd(data);
        if (end == 0) return ("Malformed", 0, 0, address(0));
        rootId = MarginLeaf.rootIdOf(data);
        Root memory root = _roots[rootId];
        poster = root.poster;
        if (poster == address(0)) return ("RootUnknown", 0, rootId, poster);
        if (root.void) return ("RootVoid", 0, rootId, poster);
        if (_posters[poster].bond < minimumBond) return ("BondTooSmall", 0, rootId, poster);
        if (MarginLeaf.rootFrom(account, data, end) != root.root) return ("NotInRoot", 0, rootId, poster);

        Leaf memory leaf = MarginLeaf.read(data);
        why = _whyOutdated(account, leaf, root.postedAt);
        if (why == 0) (why, requirement) = _atSpotUp(leaf);
    }

    function _whyOutdated(bytes32 account, Leaf memory leaf, uint256 postedAt) private view returns (bytes32) {
        if (leaf.observedAt > postedAt) return "ObservedAfterRoot";
        if (block.timestamp > leaf.observedAt + WINDOW) return "Expired";
        if (leaf.earliestExpiry < block.timestamp + EXPIRY_MARGIN) return "ExpiryNear";
        (bytes32 legsHash, uint64 nonce,) = IOptionBook(optionBook).legState(account);
        if (nonce != leaf.legNonce || legsHash != leaf.legsHash) return "LegsChanged";
        if (block.timestamp > uint256(risk.lastReportAt()) + risk.heartbeat()) return "Silent";
        return 0;
    }

    /// @dev R0 and the slope's part for each underlying, or why its inputs or spot do not hold. Assets are the poster's words: what the hub and the oracle
    /// do not know is a reason, not a revert.
    function _atSpotUp(Leaf memory leaf) private view returns (bytes32, uint256 requirement) {
        requirement = leaf.requirement;
        for (uint256 i = 0; i < leaf.underlyings.length; ++i) {
            AttestedUnderlying memory part = leaf.underlyings[i];
            try risk.inputsHash(part.asset) returns (bytes32 current) {
                if (current != part.inputsHash) return ("InputsChanged", 0);
            } catch {
                return ("InputsChanged", 0);
            }
            try hub.price(part.asset) returns (uint256 spot) {
                uint256 moved = FixedPointMathLib.dist(spot, part.spot);
                if (moved > part.spot / SPOT_SHARE) return ("SpotMoved", 0);
                // At most 2^61 x 2^128 x 2^123 (the move is under a fiftieth of 128 bits): it needs the wide product.
                requirement += FixedPointMathLib.fullMulDivUp(
                    ScenarioMargin.SPOT_SLOPE * part.grossAmount, moved, WAD * WAD
                );
            } catch {
                return ("SpotMoved", 0);
            }
        }
        return (0, requirement);
    }

    // -------------------------------------------------------------------------------------------------- challenge

    /// @inheritdoc IMarginAttestations
    function challengeRequirement(
        bytes32 account,
        bytes calldata leaf,
        uint256[] calldata legs,
        bytes[] calldata inputs
    ) external nonReentrant {
        (uint64 rootId, Leaf memory decoded) = _provenLeaf(account, leaf);
        bytes32 legsHash = keccak256(abi.encodePacked(legs));
        if (legsHash != decoded.legsHash) revert LegsHashMismatch(legsHash, decoded.legsHash);
        if (inputs.length != decoded.underlyings.length) {
            revert InputsCountMismatch(inputs.length, decoded.underlyings.length);
        }
        for (uint256 i = 0; i < inputs.length; ++i) {
            AttestedUnderlying memory part = decoded.underlyings[i];
            bytes32 given = keccak256(inputs[i]);
            if (given != part.inputsHash) revert InputsHashMismatch(part.asset, given, part.inputsHash);
        }
        LeafRecompute.Finding memory finding =
            LeafRecompute.find(decoded, legs, inputs, IOptionBook(optionBook).underlyings());
        if (finding.why == 0) revert LeafCorrect(finding.stated, finding.sum, finding.tolerance);
        _voidRoot(rootId, account, finding.why);
    }

    /// @inheritdoc IMarginAttestations
    function challengeInputs(bytes32 account, bytes calldata leaf, uint256 place) external nonReentrant {
        (uint64 rootId, Leaf memory decoded) = _provenLeaf(account, leaf);
        if (place >= decoded.underlyings.length) revert PlaceOutOfRange(place, decoded.underlyings.length);
        AttestedUnderlying memory part = decoded.underlyings[place];
        bool visible = decoded.epoch == risk.epoch() && decoded.tightenings == risk.tightenings()
            && decoded.boundsVersion == risk.boundsVersion();
        if (!visible) {
            revert InputsNotVisible(part.asset, decoded.epoch, decoded.tightenings, decoded.boundsVersion);
        }
        bytes32 why = _whyInputsFalse(decoded, part);
        if (why == 0) revert InputsCorrect(part.asset);
        _voidRoot(rootId, account, why);
    }

    function _whyInputsFalse(Leaf memory leaf, AttestedUnderlying memory part) private view returns (bytes32) {
        try risk.inputsHash(part.asset) returns (bytes32 current) {
            if (current != part.inputsHash) return "InputsFalse";
        } catch {
            return "InputsFalse";
        }
        if (block.timestamp > leaf.observedAt + WINDOW) return 0;
        uint256 volatility = risk.factors(part.asset).initialVolatility;
        if (FixedPointMathLib.dist(volatility, part.volatility) > volatility / VOLATILITY_SHARE) {
            return "VolatilityFalse";
        }
        return 0;
    }

    /// @dev A leaf under a root that is known and not void.
    function _provenLeaf(bytes32 account, bytes calldata data) private view returns (uint64 rootId, Leaf memory leaf) {
        uint256 end = MarginLeaf.bodyEnd(data);
        if (end == 0) revert LeafMalformed(data.length);
        rootId = MarginLeaf.rootIdOf(data);
        Root memory root = _roots[rootId];
        if (root.poster == address(0)) revert RootUnknown(rootId);
        if (root.void) revert RootAlreadyVoid(rootId);
        if (MarginLeaf.rootFrom(account, data, end) != root.root) revert LeafNotInRoot(rootId);
        leaf = MarginLeaf.read(data);
    }

    /// @dev Half of the bond to the caller, the rest to the insurance fund. A bond that is gone already leaves nothing to pay.
    function _voidRoot(uint64 rootId, bytes32 account, bytes32 why) private {
        Root storage root = _roots[rootId];
        uint256 bond = _posters[root.poster].bond;
        uint256 reward = bond / 2;

        root.void = true;
        _posters[root.poster].bond = 0;

        emit RootVoided(rootId, account, msg.sender, why, reward, bond - reward);
        if (reward != 0) stable.safeTransfer(msg.sender, reward);
        if (bond != 0) stable.safeTransfer(insuranceFund, bond - reward);
    }

    // ------------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IMarginAttestations
    function decodeLeaf(bytes calldata leaf) external pure returns (uint64 rootId, Leaf memory decoded) {
        if (MarginLeaf.bodyEnd(leaf) == 0) revert LeafMalformed(leaf.length);
        return (MarginLeaf.rootIdOf(leaf), MarginLeaf.read(leaf));
    }

    /// @inheritdoc IMarginAttestations
    function rootOf(uint64 rootId) external view returns (Root memory) {
        return _roots[rootId];
    }

    /// @inheritdoc IMarginAttestations
    function posterOf(address poster) external view returns (Poster memory) {
        return _posters[poster];
    }

    /// @inheritdoc IMarginAttestations
    function riskRoom(address poster) external view returns (uint256) {
        Poster storage state = _posters[poster];
        return FixedPointMathLib.zeroFloorSub(state.bond / 2, _usedUp(state));
    }

    /// @dev What is left of the risk added, rounded up.
    function _usedUp(Poster storage poster) private view returns (uint256) {
        uint256 elapsed = block.timestamp - poster.usedAt;
        if (elapsed >= EXPOSURE_PERIOD) return 0;
        return FixedPointMathLib.divUp(poster.used * (EXPOSURE_PERIOD - elapsed), EXPOSURE_PERIOD);
    }
}
