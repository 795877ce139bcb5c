// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IOptionBook} from "./interfaces/IOptionBook.sol";
import {IMarginVault} from "./interfaces/IMarginVault.sol";
import {IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {IOracleHub} from "./interfaces/IOracleHub.sol";
import {ExpiryFixing} from "./libraries/ExpiryFixing.sol";
import {LegBook} from "./libraries/LegBook.sol";
import {OptionMargin} from "./libraries/OptionMargin.sol";
import {PackedLeg} from "./libraries/PackedLeg.sol";

/// @title European, cash-settled options between accounts of the vault, which is central counterparty
/// @dev SPECIFICATION
///
/// Legs. An account holds at most 64, each in one word (`libraries/PackedLeg.sol`), in order of arrival; equal series merge, a leg of amount
/// zero vanishes and the last one takes its place. Every change of legs, and nothing else, moves `legNonce` and `legsHash`. In every series the amounts
/// of all accounts add up to zero: a trade adds to one what it takes from the other, and so does `takeFraction`.
///
/// Trade, checked in this order:
///   deadline, the caller owns the taker's account, two accounts and not one, not reserved for another
///   the option: underlying listed, expiry ahead and among those the risk oracle attests, strike a whole multiple of the tick
///   0 < size <= what is left of the nonce, and the signature of the maker's owner (EIP-712, contract wallets by ERC-1271)
///   each side's leg ends at zero or at least one lot, so nobody is buried in dust; one that was said to reduce has shrunk and not turned
///   premium = size x price, rounded in favour of the maker, since the taker chooses the size: by less than one stable unit
///   each side meets the initial requirement, or, where it reduces, the vault's improvement rule. Guardian and silence are the vault's to ask.
/// Fills of one owner's nonce add up over all offers that carry it, so of two offers with one nonce no more than the larger is filled.
///
/// Requirements: `libraries/OptionMargin.sol` over `libraries/ScenarioMargin.sol`. Initial is the larger of the whole requirement at last and at
/// fallback inputs once reports are silent past the heartbeat; maintenance does not move by silence.
///
/// Expiry price (`libraries/ExpiryFixing.sol`): the median of at least 5 hub prices (Ok ones), recorded by anyone in the last 30 minutes, 2 minutes apart, 15 at
/// most. Without 5 of them, from 6 hours after expiry the fallback feed's first round at or after expiry, proven by the round before it. And
/// from 24 hours after expiry recording opens again, until 5 are there, so that settlement waits for no proof that cannot be had: it needs
/// the hub to have a price for 8 minutes, ever. Whoever records chooses the moments, but not alone and not the prices.
///
/// Settlement of an account in a pool (underlying and expiry), by anyone: net = sum of amount x payoff, exact, then rounded once: a gain down, a loss
/// up. A loss is debited at once; a gain becomes a claim. When no account of the pool holds legs any more it closes: haircut =
/// unpaid / claims, at most 1, rounded up, where unpaid is what writers and the option fund could not pay; then anyone credits a claim,
/// less the haircut. Until then the vault counts a claim in full, so a liquidator claims for the account first. Lenders pay nothing. What rounding leaves, under two stable units an account, stays with the vault.
///
/// Liveness. No step of settlement depends on an account's owner, health or price. A pool waits for all its accounts, and anyone may settle them; an
/// adversary with many accounts makes that longer at the cost of a trade of at least a lot for each, which costs more gas than settling it.
///
/// Assumptions. The risk oracle answers for every expiry that it has ever listed until that expiry has passed. The vault moves what it is
/// told to and its calls do not fail for reasons of one account.
///
/// Limits. 8 underlyings; amounts under 2^95; strikes from 1e-9 to under 2^96.
///
/// Roles. `listUnderlying` is restricted (risk admin). `takeFraction` is the vault's. Everything else is anyone's; nothing pauses settlement.
contract OptionBook is IOptionBook, AccessManaged, EIP712, ReentrancyGuardTransient {
    using ExpiryFixing for ExpiryFixing.Fixing;
    using LegBook for LegBook.Store;
    using PackedLeg for uint256;
    using SafeCast for int256;
    using SafeCast for uint256;

    /// @dev How an account stood before a trade that only reduces.
    struct Standing {
        uint256 health;
        int256 equity;
    }

    bytes32 private constant OFFER_TYPEHASH = keccak256(
        "Offer(bytes32 makerAccount,address underlying,bool isCall,uint96 strike,uint40 expiry,uint96 size,bool makerBuys,uint128 price,bytes32 takerAccount,uint256 nonce,uint64 deadline)"
    );
    uint256 private constant WAD = 1e18;
    uint256 private constant MAX_UNDERLYINGS = 8;
    uint256 private constant MIN_STRIKE_TICK = 1e9;

    /// @notice Central counterparty: keeps the accounts' money and asks what they must hold.
    IMarginVault public immutable vault;
    /// @notice Where prices come from.
    IOracleHub public immutable oracleHub;
    /// @notice Where volatilities, forwards and expiries come from.
    IRiskOracle public immutable riskOracle;
    /// @dev Value of one stable unit.
    uint256 private immutable _stableScale;

    /// @inheritdoc IOptionBook
    mapping(bytes32 account => uint256 amount) public pendingClaims;
    /// @inheritdoc IOptionBook
    mapping(address owner => mapping(uint256 nonce => uint256 size)) public filled;

    Underlying[] private _underlyings;
    /// @dev Place in the list, counted from 1.
    mapping(address asset => uint256 place) private _placeOf;
    LegBook.Store private _legs;
    mapping(uint48 pool => ExpiryFixing.Fixing) private _fixings;
    mapping(uint48 pool => mapping(bytes32 account => uint256 amount)) private _claims;

    constructor(address authority_, IMarginVault vault_, IOracleHub oracleHub_, IRiskOracle riskOracle_)
        AccessManaged(authority_)
        EIP712("KeeperOracle", "1")
    {
        vault = vault_;
        oracleHub = oracleHub_;
        riskOracle = riskOracle_;
        _stableScale = vault_.stableScale();
    }

    // ------------------------------------------------------------------------------------------------ governance

    /// @inheritdoc IOptionBook
    function listUnderlying(address asset, uint96 lot, uint96 strikeTick) external restricted {
        if (_placeOf[asset] != 0) revert UnderlyingAlreadyListed(asset);
        uint256 index = _underlyings.length;
        if (index == MAX_UNDERLYINGS) revert UnderlyingListFull(MAX_UNDERLYINGS);
        if (lot == 0) revert LotZero(asset);
        if (strikeTick < MIN_STRIKE_TICK) revert StrikeInvalid(strikeTick, MIN_STRIKE_TICK);
        if (oracleHub.reading(asset).status == IOracleHub.PriceStatus.UnknownAsset) revert UnderlyingUnpriced(asset);
        // An asset that the risk oracle does not know is refused there.
        riskOracle.factors(asset);

        _underlyings.push(Underlying({asset: asset, lot: lot, strikeTick: strikeTick}));
        _placeOf[asset] = index + 1;

        // casting to 'uint8' is safe because there are at most 8
        // forge-lint: disable-next-line(unsafe-typecast)
        emit UnderlyingListed(asset, uint8(index), lot, strikeTick);
    }

    // --------------------------------------------------------------------------------------------------- trading

    /// @inheritdoc IOptionBook
    function trade(Offer calldata offer, bytes calldata signature, Fill calldata fill) external nonReentrant {
        _checkParties(offer, fill.takerAccount);
        (uint160 series, uint256 lot) = _checkOption(offer);
        _useNonce(offer, signature, fill.size);

        Standing memory taker = _standing(fill.takerAccount, fill.takerReduces);
        Standing memory maker = _standing(offer.makerAccount, fill.makerReduces);

        uint256 addedRisk = _exchange(offer, fill, series, lot);

        _requireMargin(fill.takerAccount, fill.takerReduces, taker, fill.takerLeaf, addedRisk);
        _requireMargin(offer.makerAccount, fill.makerReduces, maker, fill.makerLeaf, addedRisk);
    }

    /// @inheritdoc IOptionBook
    function cancel(uint256 nonce) external {
        filled[msg.sender][nonce] = type(uint256).max;
        emit OfferCancelled(msg.sender, nonce);
    }

    function _checkParties(Offer calldata offer, bytes32 takerAccount) private view {
        if (block.timestamp > offer.deadline) revert OfferExpired(offer.deadline, block.timestamp);
        if (vault.ownerOf(takerAccount) != msg.sender) revert NotAccountOwner(msg.sender, takerAccount);
        if (takerAccount == offer.makerAccount) revert SameAccount(takerAccount);
        if (offer.takerAccount != bytes32(0) && offer.takerAccount != takerAccount) {
            revert OfferReserved(takerAccount, offer.takerAccount);
        }
    }

    function _checkOption(Offer calldata offer) private view returns (uint160 series, uint256 lot) {
        uint8 index = _indexOf(offer.underlying);
        if (offer.expiry <= block.timestamp) revert ExpiryPassed(offer.expiry, block.timestamp);
        uint64[] memory listed = riskOracle.expiriesOf(offer.underlying);
        uint256 place = 0;
        while (place < listed.length && listed[place] != offer.expiry) ++place;
        if (place == listed.length) revert ExpiryNotListed(offer.underlying, offer.expiry);

        Underlying memory rules = _underlyings[index];
        if (offer.strike == 0 || offer.strike % rules.strikeTick != 0) {
            revert StrikeInvalid(offer.strike, rules.strikeTick);
        }
        return (PackedLeg.seriesFrom(index, offer.isCall, offer.strike, offer.expiry), rules.lot);
    }

    /// @dev Uses the nonce up; the signature is asked last, since a wallet is a stranger's contract (asked without the right to change
    /// anything).
    function _useNonce(Offer calldata offer, bytes calldata signature, uint256 size) private {
        if (size == 0) revert SizeZero();
        address owner = vault.ownerOf(offer.makerAccount);
        uint256 used = filled[owner][offer.nonce];
        uint256 available = FixedPointMathLib.zeroFloorSub(offer.size, used);
        if (size > available) revert OfferOverfilled(owner, offer.nonce, size, available);
        bytes32 digest = digestOf(offer);
        if (!SignatureChecker.isValidSignatureNowCalldata(owner, digest, signature)) {
            revert OfferSignatureInvalid(owner, digest);
        }
        filled[owner][offer.nonce] = used + size;
    }

    /// @dev Legs, then the premium: a buying maker pays no more, a selling one gets no less, than the signed price. Returns the size of the trade
    /// for the budget of attested leaves: contracts at the strike, and the premium, units of account scaled by 1e18.
    function _exchange(Offer calldata offer, Fill calldata fill, uint160 series, uint256 lot)
        private
        returns (uint256 addedRisk)
    {
        int256 makerDelta = offer.makerBuys ? int256(uint256(fill.size)) : -int256(uint256(fill.size));
        _legs.trade(offer.makerAccount, series, makerDelta, lot, fill.makerReduces);
        _legs.trade(fill.takerAccount, series, -makerDelta, lot, fill.takerReduces);

        uint256 exact = uint256(fill.size) * offer.price;
        uint256 premium = offer.makerBuys ? exact / WAD : FixedPointMathLib.divUp(exact, WAD);
        emit Traded(offer.makerAccount, fill.takerAccount, series, makerDelta, premium, offer.nonce);

        if (offer.makerBuys) vault.movePremium(offer.makerAccount, fill.takerAccount, premium);
        else vault.movePremium(fill.takerAccount, offer.makerAccount, premium);
        return FixedPointMathLib.mulWadUp(fill.size, offer.strike) + premium * _stableScale;
    }

    function _standing(bytes32 account, bool reduces) private view returns (Standing memory before) {
        if (reduces) (before.health, before.equity) = vault.standing(account);
    }

    function _requireMargin(
        bytes32 account,
        bool reduces,
        Standing memory before,
        bytes calldata leaf,
        uint256 addedRisk
    ) private {
        if (reduces) vault.requireImproved(account, before.health, before.equity);
        else vault.requireInitial(account, leaf, addedRisk);
    }

    // ----------------------------------------------------------------------------------------------- liquidation

    /// @inheritdoc IOptionBook
    function takeFraction(bytes32 from, bytes32 to, uint256 fraction) external nonReentrant {
        if (msg.sender != address(vault)) revert NotVault(msg.sender);
        if (from == to) revert SameAccount(from);
        if (fraction == 0 || fraction > WAD) revert FractionInvalid(fraction, WAD);

        _legs.move(from, to, fraction);
        emit FractionTaken(from, to, fraction);
    }

    // ---------------------------------------------------------------------------------------------- expiry price

    /// @inheritdoc IOptionBook
    function recordObservation(address underlying, uint40 expiry) external {
        uint48 key = _openKey(underlying, expiry);
        uint256 price = oracleHub.price(underlying);
        uint256 count = ExpiryFixing.record(_fixings[key], price, expiry);
        emit ObservationRecorded(underlying, expiry, price, count);
    }

    /// @inheritdoc IOptionBook
    function finalise(address underlying, uint40 expiry) external {
        uint48 key = _openKey(underlying, expiry);
        if (block.timestamp <= expiry) revert NotExpired(expiry, block.timestamp);
        _finalise(key, underlying, expiry, _fixings[key].medianDown(), 0);
    }

    /// @inheritdoc IOptionBook
    function finaliseFromFallback(address underlying, uint40 expiry, uint80 roundId) external {
        uint48 key = _openKey(underlying, expiry);
        uint256 earliest = expiry + ExpiryFixing.FALLBACK_DELAY;
        if (block.timestamp < earliest) revert FallbackTooEarly(block.timestamp, earliest);
        uint256 count = _fixings[key].prices.length;
        if (count >= ExpiryFixing.MIN_OBSERVATIONS) revert ObservationsSuffice(count);

        uint128 price = ExpiryFixing.fallbackPriceDown(oracleHub, underlying, roundId, expiry);
        _finalise(key, underlying, expiry, price, roundId);
    }

    /// @dev The pool, as long as it has no final price.
    function _openKey(address underlying, uint40 expiry) private view returns (uint48 key) {
        key = _keyOf(underlying, expiry);
        uint256 price = _legs.pools[key].price;
        if (price != 0) revert PriceAlreadyFinal(underlying, expiry, price);
    }

    function _finalise(uint48 key, address underlying, uint40 expiry, uint128 price, uint80 roundId) private {
        _legs.pools[key].price = price;
        emit Finalised(underlying, expiry, price, roundId);
    }

    // ------------------------------------------------------------------------------------------------ settlement

    /// @inheritdoc IOptionBook
    function settle(bytes32 account, address underlying, uint40 expiry) external nonReentrant {
        uint48 key = _keyOf(underlying, expiry);
        uint256 price = _legs.pools[key].price;
        if (price == 0) revert PriceNotFinal(underlying, expiry);

        (uint256 taken, int256 net36) = _legs.takeOut(account, key, price);
        if (taken == 0) revert LegsAbsent(account, underlying, expiry);

        uint256 scale = WAD * _stableScale;
        uint256 magnitude = FixedPointMathLib.abs(net36);
        uint256 uncovered = 0;
        int256 net = 0;
        if (net36 > 0) {
            uint256 gain = magnitude / scale;
            _addClaim(account, key, gain);
            net = gain.toInt256();
        } else if (net36 < 0) {
            uint256 loss = FixedPointMathLib.divUp(magnitude, scale);
            uncovered = vault.settleLoss(account, loss);
            net = -loss.toInt256();
        }
        emit Settled(account, underlying, expiry, net, uncovered);
        if (_legs.pools[key].accounts == 0) _close(key, underlying, expiry);
    }

    /// @inheritdoc IOptionBook
    function close(address underlying, uint40 expiry) external nonReentrant {
        uint48 key = _keyOf(underlying, expiry);
        Pool memory pool = _legs.pools[key];
        if (pool.price == 0) revert PriceNotFinal(underlying, expiry);
        if (pool.closed) revert PoolAlreadyClosed(underlying, expiry);
        if (pool.accounts != 0) revert PoolOpen(underlying, expiry, pool.accounts);
        _close(key, underlying, expiry);
    }

    /// @inheritdoc IOptionBook
    function claim(bytes32 account, address underlying, uint40 expiry) external nonReentrant {
        uint48 key = _keyOf(underlying, expiry);
        Pool memory pool = _legs.pools[key];
        if (!pool.closed) revert PoolOpen(underlying, expiry, pool.accounts);
        uint256 amount = _claims[key][account];
        if (amount == 0) revert ClaimAbsent(account, underlying, expiry);

        delete _claims[key][account];
        pendingClaims[account] -= amount;
        uint256 paid = FixedPointMathLib.fullMulDiv(amount, WAD - pool.haircut, WAD);
        emit Claimed(account, underlying, expiry, amount, paid);
        if (paid != 0) vault.creditGain(account, paid);
    }

    function _addClaim(bytes32 account, uint48 key, uint256 gain) private {
        if (gain == 0) return;
        _claims[key][account] += gain;
        pendingClaims[account] += gain;
        _legs.pools[key].claims += gain;
    }

    function _close(uint48 key, address underlying, uint40 expiry) private {
        Pool storage pool = _legs.pools[key];
        uint256 claims = pool.claims;
        pool.closed = true;
        uint256 unpaid = vault.absorbOptionDeficit(claims);
        uint256 haircut =
            claims == 0 ? 0 : FixedPointMathLib.min(WAD, FixedPointMathLib.fullMulDivUp(unpaid, WAD, claims));
        pool.haircut = haircut.toUint64();
        emit PoolClosed(underlying, expiry, claims, haircut);
    }

    // ----------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IOptionBook
    function maintenance(bytes32 account) external view returns (uint256 requirement, int256 markToMarket) {
        return _assess(account, OptionMargin.Basis.Maintenance);
    }

    /// @inheritdoc IOptionBook
    function pastMaintenance(bytes32 account) external view returns (uint256 requirement) {
        (requirement,) = _assess(account, OptionMargin.Basis.Past);
    }

    /// @inheritdoc IOptionBook
    function initialRequirement(bytes32 account) external view returns (uint256 requirement) {
        (requirement,) = _assess(account, OptionMargin.Basis.Initial);
        if (_legs.accounts[account].legs == 0 || riskOracle.silence().stage == IRiskOracle.Stage.Live) {
            return requirement;
        }
        (uint256 fallbackRequirement,) = _assess(account, OptionMargin.Basis.Fallback);
        return FixedPointMathLib.max(requirement, fallbackRequirement);
    }

    /// @inheritdoc IOptionBook
    function legCount(bytes32 account) external view returns (uint256) {
        return _legs.accounts[account].legs;
    }

    /// @inheritdoc IOptionBook
    function legsOf(bytes32 account) external view returns (uint256[] memory) {
        return _legs.wordsOf(account);
    }

    /// @inheritdoc IOptionBook
    function legState(bytes32 account) external view returns (bytes32 legsHash, uint64 nonce, uint256 grossNotional) {
        LegBook.Account memory held = _legs.accounts[account];
        return (held.legs == 0 ? keccak256("") : held.legsHash, held.nonce, held.gross);
    }

    /// @inheritdoc IOptionBook
    function underlyingsOf(bytes32 account) external view returns (address[] memory assets) {
        uint256[] memory words = _legs.wordsOf(account);
        bool[MAX_UNDERLYINGS] memory open;
        uint256 count = 0;
        for (uint256 i = 0; i < words.length; ++i) {
            uint8 index = words[i].underlying();
            if (open[index] || _legs.pools[words[i].pool()].price != 0) continue;
            open[index] = true;
            ++count;
        }
        assets = new address[](count);
        for (uint256 i = MAX_UNDERLYINGS; i > 0; --i) {
            if (open[i - 1]) assets[--count] = _underlyings[i - 1].asset;
        }
    }

    /// @inheritdoc IOptionBook
    function claimOf(bytes32 account, address underlying, uint40 expiry) external view returns (uint256) {
        return _claims[_keyOf(underlying, expiry)][account];
    }

    /// @inheritdoc IOptionBook
    function totalOpenInterest(uint160 series) external view returns (uint256) {
        return _legs.interest[series];
    }

    /// @inheritdoc IOptionBook
    function poolOf(address underlying, uint40 expiry) external view returns (Pool memory) {
        return _legs.pools[_keyOf(underlying, expiry)];
    }

    /// @inheritdoc IOptionBook
    function observationsOf(address underlying, uint40 expiry)
        external
        view
        returns (uint128[] memory prices, uint40 lastAt)
    {
        ExpiryFixing.Fixing memory fixing = _fixings[_keyOf(underlying, expiry)];
        return (fixing.prices, fixing.lastAt);
    }

    /// @inheritdoc IOptionBook
    function underlyings() external view returns (Underlying[] memory) {
        return _underlyings;
    }

    /// @inheritdoc IOptionBook
    function seriesOf(address underlying, bool isCall, uint96 strike, uint40 expiry) external view returns (uint160) {
        return PackedLeg.seriesFrom(_indexOf(underlying), isCall, strike, expiry);
    }

    /// @inheritdoc IOptionBook
    function digestOf(Offer calldata offer) public view returns (bytes32) {
        // Every field has one word and stands in the order of the type.
        return _hashTypedDataV4(keccak256(abi.encode(OFFER_TYPEHASH, offer)));
    }

    /// @dev Without legs nothing is asked of anyone.
    function _assess(bytes32 account, OptionMargin.Basis basis) private view returns (uint256, int256) {
        if (_legs.accounts[account].legs == 0) return (0, 0);
        address[] memory assets = new address[](_underlyings.length);
        for (uint256 i = 0; i < assets.length; ++i) {
            assets[i] = _underlyings[i].asset;
        }
        return OptionMargin.assess(
            OptionMargin.Book({
                words: _legs.wordsOf(account), assets: assets, hub: oracleHub, inputs: riskOracle, basis: basis
            }),
            _legs.pools
        );
    }

    function _indexOf(address asset) private view returns (uint8) {
        uint256 place = _placeOf[asset];
        if (place == 0) revert UnderlyingUnknown(asset);
        // casting to 'uint8' is safe because there are at most 8
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint8(place - 1);
    }

    function _keyOf(address underlying, uint40 expiry) private view returns (uint48) {
        return PackedLeg.poolFrom(_indexOf(underlying), expiry);
    }
}
