// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {MarginVault} from "../../../contracts/MarginVault.sol";
import {OptionBook} from "../../../contracts/OptionBook.sol";
import {IMarginAttestations} from "../../../contracts/interfaces/IMarginAttestations.sol";
import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {IOptionBook} from "../../../contracts/interfaces/IOptionBook.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {PackedLeg} from "../../../contracts/libraries/PackedLeg.sol";
import {ScenarioMargin} from "../../../contracts/libraries/ScenarioMargin.sol";
import {MockToken} from "../mocks/MockToken.sol";
import {LeafWriter} from "./LeafWriter.sol";

// casting is safe throughout because figures are drawn inside the types they are cast to
// forge-lint: disable-start(unsafe-typecast)

/// @title Traders, liquidators, oracle nodes, a poster who may lie and his challenger, in any order, over any number of expiries
/// @dev Three traders and one rich account that takes portfolios over. Three series, all of one expiry; when it has passed, the next is listed.
contract OptionsHandler is LeafWriter {
    using PackedLeg for uint256;

    uint256 private constant TRADERS = 3;
    uint256 private constant SERIES = 3;
    uint96 private constant LOT = 0.01e18;
    uint256 private constant BOND = 20_000e6;
    uint256 private constant CLOSE_ENOUGH = 8;

    /// @dev The vault before a settlement.
    struct Books {
        IMarginVault.Books vault;
        uint256 assets;
        uint256 share;
        uint256 claim;
    }

    struct Loss {
        uint256 at;
        uint256 lost;
        uint256 limit;
    }

    bytes32[] private _accounts;
    uint256[] private _keys;
    uint40[] private _expiries;
    uint256 private _nonce;
    mapping(uint48 pool => uint256 amount) public lossesOf;
    mapping(uint48 pool => uint256 amount) public gainsOf;
    mapping(bytes32 account => Loss[]) private _losses;
    Loss[] private _leant;
    address private _poster = makeAddr("poster");
    address private _challenger = makeAddr("challenger");

    function setUp() public override {
        super.setUp();
        for (uint256 i = 0; i < 2; ++i) {
            risk.setOptionBounds(address(_tokens[i]), _optionBounds());
            risk.setFallback(address(_tokens[i]), IRiskOracle.Fallback(1.2e18, 0.1e18, 1e18));
            book.listUnderlying(address(_tokens[i]), LOT, 1e18);
        }
        for (uint256 i = 0; i <= TRADERS; ++i) {
            (address owner, uint256 key) = makeAddrAndKey(string.concat("trader", vm.toString(i)));
            _keys.push(key);
            _accounts.push(vault.accountId(owner, 1));
            _add(_accounts[i], weth, i == TRADERS ? 500_000e18 : 50e18);
            if (i < TRADERS) _add(_accounts[i], wbtc, 1e8);
        }
        usdc.mint(lender, type(uint128).max);
        usdc.mint(_poster, type(uint128).max);
        vm.prank(lender);
        usdc.approve(address(vault), type(uint256).max);
        vm.prank(_poster);
        usdc.approve(address(attestations), type(uint256).max);
        usdc.mint(liquidator, type(uint128).max);
        vm.prank(liquidator);
        usdc.approve(address(vault), type(uint256).max);
        _listNext();
    }

    function parts() external view returns (MarginVault, OptionBook) {
        return (vault, book);
    }

    function accountIds() external view returns (bytes32[] memory) {
        return _accounts;
    }

    function expiries() external view returns (uint40[] memory) {
        return _expiries;
    }

    function seriesAt(uint256 which, uint40 expiry) public pure returns (uint160) {
        if (which == 0) return PackedLeg.seriesFrom(0, true, 3000e18, expiry);
        if (which == 1) return PackedLeg.seriesFrom(0, false, 2800e18, expiry);
        return PackedLeg.seriesFrom(1, false, 60_000e18, expiry);
    }

    function amountOf(bytes32 account, uint160 series) public view returns (int256) {
        uint256[] memory words = book.legsOf(account);
        for (uint256 i = 0; i < words.length; ++i) {
            if (words[i].series() == series) return words[i].amount();
        }
        return 0;
    }

    /// @notice The maintenance requirement of an account's legs on one underlying, from its legs alone.
    function requirementOn(bytes32 account, uint256 which) external view returns (uint256 required) {
        uint256[] memory words = book.legsOf(account);
        uint256 spot = _answerOf(_tokens[which]) * 1e10;
        ScenarioMargin.Leg[] memory legs = new ScenarioMargin.Leg[](words.length);
        ScenarioMargin.Expiry[] memory made = new ScenarioMargin.Expiry[](1);
        int256 settled = 0;
        uint256 open = 0;
        uint40 expiry = _expiry();
        uint256 price = book.poolOf(address(_tokens[which]), expiry).price;
        for (uint256 i = 0; i < words.length; ++i) {
            if (words[i].underlying() != which) continue;
            if (price != 0) {
                settled += words[i].payoff36(price);
                continue;
            }
            ++open;
            legs[i] = ScenarioMargin.Leg(0, words[i].isCall(), words[i].strike(), words[i].amount());
        }
        if (open != 0) {
            made[0].forward = spot;
            if (expiry > vm.getBlockTimestamp()) {
                made[0].timeToExpiry = expiry - vm.getBlockTimestamp();
                (uint256 implied, uint256 ratio) = risk.optionInputs(address(_tokens[which]), expiry);
                (made[0].forward, made[0].impliedVolatility) = (spot * ratio / 1e18, implied);
            }
            uint256 range = ScenarioMargin.rangeOf(risk.factors(address(_tokens[which])).maintenanceVolatility);
            (required,) = ScenarioMargin.requirement(_shortened(legs, open), made, spot, range);
        }
        if (settled < 0) required += FixedPointMathLib.divUp(uint256(-settled), 1e18);
    }

    function _shortened(ScenarioMargin.Leg[] memory legs, uint256 count)
        private
        pure
        returns (ScenarioMargin.Leg[] memory kept)
    {
        kept = new ScenarioMargin.Leg[](count);
        uint256 k = 0;
        for (uint256 i = 0; i < legs.length; ++i) {
            if (legs[i].amount != 0) kept[k++] = legs[i];
        }
    }

    modifier called() {
        ++_calls;
        _;
    }

    // ------------------------------------------------------------------------------------------------------- trading

    /// @notice A signed offer is taken; both sides are asked for the initial requirement.
    function trade(uint256 seed, uint256 size, uint256 price) external called {
        if (!_open()) return;
        uint256 which = seed % SERIES;
        (uint256 maker, uint256 taker) = _pair(seed);
        uint96 amount = uint96(_bound(size, 1, which == 2 ? 60 : 2000)) * LOT;
        (IOptionBook.Offer memory offer, IOptionBook.Fill memory fill) = _terms(which, maker, taker, amount);
        offer.makerBuys = seed & 1024 == 0;
        offer.price = uint128(_bound(price, 0, _answerOf(_tokens[which / 2]) / 1000));
        if (!_take(offer, fill, maker)) return;
        bytes32 asked = seed & 2048 == 0 ? _accounts[maker] : _accounts[taker];
        IMarginVault.Valuation memory worth = vault.valuation(asked);
        assertGe(
            worth.borrowCapacity, worth.debt + worth.initialRequirement, "O13: new risk outside the initial requirement"
        );
        ++counted["trade"];
    }

    /// @notice Somebody without debt writes as many calls as he may, and the price jumps; sometimes a liquidator is there in time.
    function overreach(uint256 seed, uint256 jump) external called {
        if (!_open() || vm.getBlockTimestamp() + 8 minutes > _expiry()) return;
        (uint256 maker, uint256 taker) = _pair(seed);
        vm.prank(lender);
        vault.repay(_accounts[maker], type(uint256).max);
        bool written = false;
        for (uint96 size = 256e18; size >= 16e18 && !written; size /= 2) {
            (IOptionBook.Offer memory offer, IOptionBook.Fill memory fill) = _terms(0, maker, taker, size);
            written = _take(offer, fill, maker);
        }
        if (!written) return;
        _setAnswer(weth, FixedPointMathLib.min(_answerOf(weth) * _bound(jump, 1.1e18, 2.5e18) / WAD, 12_000e8));
        if (jump % 3 != 0) _liquidateWeakest(maker);
        ++counted["overreach"];
    }

    /// @notice Two who hold opposite legs close them against each other, at a price that one of them may lose by. The maker is only asked
    /// whether he improves, the taker sometimes.
    function reduce(uint256 seed, uint256 price) external called {
        if (!_open()) return;
        uint256 which = seed % SERIES;
        (uint256 maker, uint256 taker) = _pair(seed);
        uint160 series = seriesAt(which, _expiry());
        int256 held = amountOf(_accounts[maker], series);
        int256 other = amountOf(_accounts[taker], series);
        if (held == 0 || other == 0 || (held > 0) == (other > 0)) return;
        uint256 size = FixedPointMathLib.min(FixedPointMathLib.abs(held), FixedPointMathLib.abs(other));
        (IOptionBook.Offer memory offer, IOptionBook.Fill memory fill) = _terms(which, maker, taker, uint96(size));
        offer.makerBuys = held < 0;
        offer.price = uint128(_bound(price, 0, _answerOf(_tokens[which / 2]) / 2000));
        (fill.takerReduces, fill.makerReduces) = (seed & 256 != 0, true);

        uint256[2] memory health;
        int256[2] memory equity;
        (health[0], equity[0]) = vault.standing(_accounts[maker]);
        (health[1], equity[1]) = vault.standing(_accounts[taker]);
        if (!_take(offer, fill, maker)) return;
        _checkImproved(_accounts[maker], health[0], equity[0]);
        if (fill.takerReduces) _checkImproved(_accounts[taker], health[1], equity[1]);
        ++counted["reduce"];
    }

    function _checkImproved(bytes32 account, uint256 healthBefore, int256 equityBefore) private {
        (uint256 health, int256 equity) = vault.standing(account);
        assertGt(health, healthBefore, "O12: a reduction did not raise health");
        int256 lost = equityBefore - equity;
        if (lost <= 0) return;
        assertLe(lost * 100, equityBefore, "O12: a reduction lost more than 1 %");
        _losses[account].push(Loss(vm.getBlockTimestamp(), uint256(lost), uint256(equityBefore) / 50));
        (uint256 sum, uint256 limit) = _sumOf(_losses[account], 1 days);
        assertLe(sum, limit, "O12: reductions of a day lost more than 2 %");
    }

    function _sumOf(Loss[] storage list, uint256 window) private view returns (uint256 sum, uint256 limit) {
        for (uint256 i = list.length; i > 0 && list[i - 1].at + window >= vm.getBlockTimestamp(); --i) {
            sum += list[i - 1].lost;
            limit = FixedPointMathLib.max(limit, list[i - 1].limit);
        }
    }

    function _terms(uint256 which, uint256 maker, uint256 taker, uint96 size)
        private
        returns (IOptionBook.Offer memory offer, IOptionBook.Fill memory fill)
    {
        offer.makerAccount = _accounts[maker];
        offer.underlying = address(_tokens[which / 2]);
        offer.isCall = which == 0;
        offer.strike = which == 0 ? 3000e18 : which == 1 ? 2800e18 : 60_000e18;
        offer.expiry = _expiry();
        offer.size = size;
        offer.nonce = ++_nonce;
        offer.deadline = uint64(vm.getBlockTimestamp());
        (fill.takerAccount, fill.size) = (_accounts[taker], size);
    }

    /// @dev Takes a signed offer, once: a second time there is nothing left of it.
    function _take(IOptionBook.Offer memory offer, IOptionBook.Fill memory fill, uint256 maker) private returns (bool) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keys[maker], book.digestOf(offer));
        bytes memory signature = abi.encodePacked(r, s, v);
        bool reduces = fill.makerReduces;
        vm.prank(_ownerOf(fill.takerAccount));
        try book.trade(offer, signature, fill) {
            assertEq(
                book.filled(_ownerOf(offer.makerAccount), offer.nonce), fill.size, "O22: filled is not what was taken"
            );
            vm.prank(_ownerOf(fill.takerAccount));
            try book.trade(offer, signature, fill) {
                assertTrue(false, "O22: an offer was taken twice");
            } catch (bytes memory refusal) {
                assertEq(_nameOf(refusal), IOptionBook.OfferOverfilled.selector, "O22: refused for another reason");
            }
            return true;
        } catch (bytes memory refusal) {
            bytes4 name = _nameOf(refusal);
            bool unimproved = name == IMarginVault.AccountUnderMaintenance.selector
                || name == IMarginVault.HealthNotImproved.selector || name == IMarginVault.LossTooLarge.selector
                || name == IMarginVault.LossBudgetExhausted.selector;
            // Only fractions that a liquidator took are no whole lots.
            bool splinter = counted["liquidatePortfolio"] != 0 && name == IOptionBook.LegUnderLot.selector;
            bool allowed = splinter || (reduces && unimproved) || (!fill.takerReduces && _riskRefusal(name));
            _allowOnly(allowed, "O13", refusal);
            return false;
        }
    }

    function _riskRefusal(bytes4 name) private view returns (bool) {
        bool dead = vm.getBlockTimestamp() - risk.lastReportAt() > SILENCE_LIMIT;
        return name == IMarginVault.InitialRequirementViolated.selector
            || name == IMarginVault.DebtBelowMinimum.selector
            || (dead && name == IMarginVault.RiskOracleSilent.selector);
    }

    // -------------------------------------------------------------------------------------------- money of the accounts

    function borrow(uint256 who, uint256 amount) external called {
        bytes32 account = _accounts[who % TRADERS];
        uint256 most = FixedPointMathLib.min(vault.cash(), 200_000e6);
        if (most == 0) return;
        amount = amount % 2 == 0 ? FixedPointMathLib.min(most, _roomOf(account)) : _bound(amount, 1, most);
        if (amount == 0) return;
        address owner = _ownerOf(account);
        vm.prank(owner);
        try vault.borrow(account, amount, owner, "") {
            ++counted["borrow"];
        } catch (bytes memory refusal) {
            _allowOnly(_riskRefusal(_nameOf(refusal)), "O13", refusal);
        }
    }

    /// @dev What an account may still borrow, but for a few units that debt may be rounded up by.
    function _roomOf(bytes32 account) private view returns (uint256) {
        IMarginVault.Valuation memory worth = vault.valuation(account);
        uint256 owed = worth.debt + worth.initialRequirement + 4e12;
        return worth.borrowCapacity > owed ? (worth.borrowCapacity - owed) / 1e12 : 0;
    }

    function repay(uint256 who, uint256 amount) external called {
        bytes32 account = _accounts[who % TRADERS];
        uint256 debt = vault.position(account).debt;
        vm.prank(lender);
        vault.repay(account, _bound(amount, 1, debt + 1));
        ++counted["repay"];
    }

    function addCollateral(uint256 who, uint256 amount) external called {
        _add(_accounts[who % TRADERS], weth, _bound(amount, 1, 5e18));
        ++counted["addCollateral"];
    }

    function fund(uint256 amount) external called {
        usdc.mint(address(optionFund), _bound(amount, 1, 20_000e6));
        ++counted["fund"];
    }

    // ------------------------------------------------------------------------------------------------------- markets

    function movePrice(uint256 which, uint256 factor) external called {
        MockToken token = _tokens[which % 2];
        uint256 moved = _answerOf(token) * _bound(factor, 0.85e18, 1.18e18) / WAD;
        uint256 start = token == weth ? 3000e8 : 60_000e8;
        _setAnswer(token, FixedPointMathLib.clamp(moved, start / 5, start * 4));
        ++counted["movePrice"];
    }

    function wait(uint256 time) external called {
        skip(_bound(time, 1, 16 hours));
        ++counted["wait"];
    }

    /// @notice A whole report that moves volatility a little.
    function report(uint256 volatility) external called {
        _reportNow(uint64(_bound(volatility, 0.55e18, 0.6e18)));
    }

    function _reportNow(uint64 volatility) private {
        uint256 next = uint256(risk.lastReportAt()) + MIN_INTERVAL;
        if (vm.getBlockTimestamp() < next) vm.warp(next);
        risk.submit(_agreed(3, volatility, SLIPPAGE));
        ++counted["report"];
    }

    // ----------------------------------------------------------------------------------------------------- settlement

    /// @notice The expiry passes and both pools get their price, in time or late. Not at every call, so that there is time to trade.
    function expire(uint256 seed) external called {
        if (vm.getBlockTimestamp() < _expiry() && seed % 3 != 0) return;
        _expire(seed);
    }

    function _expire(uint256 seed) private {
        uint40 expiry = _expiry();
        if (book.poolOf(address(weth), expiry).price != 0) return;
        bool late = vm.getBlockTimestamp() > expiry - 8 minutes || seed % 4 == 0;
        uint256 start = late ? expiry + 24 hours : expiry - 8 minutes;
        if (vm.getBlockTimestamp() < start) vm.warp(start);
        uint256[2][5] memory seen;
        for (uint256 i = 0; i < 5; ++i) {
            for (uint256 k = 0; k < 2; ++k) {
                seen[i][k] = _answerOf(_tokens[k]) * 1e10;
                book.recordObservation(address(_tokens[k]), expiry);
                uint256 moved = _answerOf(_tokens[k]) * (995 + (seed >> (i * 8 + k * 4)) % 11) / 1000;
                _setAnswer(_tokens[k], moved);
            }
            skip(2 minutes);
        }
        for (uint256 k = 0; k < 2; ++k) {
            book.finalise(address(_tokens[k]), expiry);
            uint256[] memory sorted = new uint256[](5);
            for (uint256 i = 0; i < 5; ++i) {
                sorted[i] = seen[i][k];
            }
            sorted = vm.sort(sorted);
            assertEq(book.poolOf(address(_tokens[k]), expiry).price, sorted[2], "O19: the price is not the median");
            try book.finalise(address(_tokens[k]), expiry) {
                assertTrue(false, "O19: a price was made final twice");
            } catch (bytes memory refusal) {
                assertEq(_nameOf(refusal), IOptionBook.PriceAlreadyFinal.selector, "O19: refused for another reason");
            }
        }
        ++counted["expire"];
    }

    /// @notice Somebody settles one account, or everybody.
    function settle(uint256 who, uint256 which) external called {
        for (uint256 i = 0; i <= TRADERS; ++i) {
            if (i == who % (TRADERS + 1) || which & 2 != 0) _settle(_accounts[i], which % 2, _expiry());
        }
    }

    /// @dev Settles an account whatever its state is: exactly, once, and at nobody's cost but those who are meant to bear it.
    function _settle(bytes32 account, uint256 which, uint40 expiry) private {
        address underlying = address(_tokens[which]);
        uint256 price = book.poolOf(underlying, expiry).price;
        if (price == 0) return;
        (bool holds, int256 net) = _payoff(account, which, expiry, price);
        if (!holds) {
            _refuseSecond(account, underlying, expiry);
            return;
        }
        Books memory before = _books(account, underlying, expiry);
        book.settle(account, underlying, expiry);
        _checkSettled(account, which, expiry, net, before);
        _refuseSecond(account, underlying, expiry);
        ++counted["settle"];
    }

    function _refuseSecond(bytes32 account, address underlying, uint40 expiry) private {
        try book.settle(account, underlying, expiry) {
            assertTrue(false, "O3: settled twice");
        } catch (bytes memory refusal) {
            assertEq(_nameOf(refusal), IOptionBook.LegsAbsent.selector, "O3: refused for another reason");
        }
    }

    /// @dev In units of account scaled by 1e36, leg by leg.
    function _payoff(bytes32 account, uint256 which, uint40 expiry, uint256 price)
        private
        view
        returns (bool holds, int256 net)
    {
        uint256[] memory words = book.legsOf(account);
        for (uint256 i = 0; i < words.length; ++i) {
            if (words[i].underlying() != which || words[i].expiry() != expiry) continue;
            holds = true;
            uint256 strike = words[i].strike();
            uint256 paid = 0;
            if (words[i].isCall() && price > strike) paid = price - strike;
            if (!words[i].isCall() && price < strike) paid = strike - price;
            net += words[i].amount() * int256(paid);
        }
    }

    function _books(bytes32 account, address underlying, uint40 expiry) private view returns (Books memory made) {
        made.vault = vault.books();
        made.assets = vault.totalAssets();
        made.share = vault.convertToAssets(1e24);
        made.claim = book.claimOf(account, underlying, expiry);
    }

    function _checkSettled(bytes32 account, uint256 which, uint40 expiry, int256 net, Books memory before) private {
        uint48 pool = PackedLeg.poolFrom(uint8(which), expiry);
        IOptionBook.Pool memory state = book.poolOf(address(_tokens[which]), expiry);
        IMarginVault.Books memory current = vault.books();
        if (net >= 0) {
            uint256 gain = uint256(net) / 1e30;
            gainsOf[pool] += gain;
            uint256 claimed = book.claimOf(account, address(_tokens[which]), expiry);
            assertEq(claimed, before.claim + gain, "O2: a gain is not its payoff");
            if (!state.closed) {
                assertEq(current.unsettled, before.vault.unsettled, "O2: a gain was paid before its time");
            }
        } else {
            uint256 loss = (uint256(-net) + 1e30 - 1) / 1e30;
            lossesOf[pool] += loss;
            if (!state.closed) {
                assertEq(current.unsettled, before.vault.unsettled + loss, "O2: a loss is not its payoff");
                if (current.optionDeficit > before.vault.optionDeficit) {
                    assertEq(optionFund.balance(), 0, "O6: winners paid before the option fund");
                    ++counted["optionDeficit"];
                }
            }
        }
        if (state.closed) {
            assertLe(gainsOf[pool], lossesOf[pool], "O4: claims over losses");
            assertEq(state.claims, gainsOf[pool], "O4: claims are not the gains");
            ++counted["close"];
        }
        _checkLenders(before, current);
    }

    /// @dev Options cost lenders nothing.
    function _checkLenders(Books memory before, IMarginVault.Books memory current) private view {
        assertEq(current.deficit, before.vault.deficit, "O5: an option loss reached the lenders");
        assertGe(vault.totalAssets() + CLOSE_ENOUGH, before.assets, "O5: an option loss reached the lenders");
        assertGe(vault.convertToAssets(1e24) + 1, before.share, "O5: an option loss reached the lenders");
    }

    function claim(uint256 who, uint256 which, uint256 when) external called {
        for (uint256 i = 0; i <= TRADERS; ++i) {
            if (i == who % (TRADERS + 1) || which & 2 != 0) {
                _claim(_accounts[i], which % 2, _expiries[when % _expiries.length]);
            }
        }
    }

    function _claim(bytes32 account, uint256 which, uint40 expiry) private {
        address underlying = address(_tokens[which]);
        IOptionBook.Pool memory pool = book.poolOf(underlying, expiry);
        uint256 owed = book.claimOf(account, underlying, expiry);
        if (!pool.closed || owed == 0) return;
        Books memory before = _books(account, underlying, expiry);
        IMarginVault.Position memory held = vault.position(account);
        uint256 paid = owed * (WAD - pool.haircut) / WAD;
        book.claim(account, underlying, expiry);
        IMarginVault.Position memory after_ = vault.position(account);
        int256 moved = int256(after_.credit) - int256(after_.debt) - int256(held.credit) + int256(held.debt);
        assertApproxEqAbs(moved, int256(paid), 1, "O2: a claim is not what was credited");
        assertEq(vault.books().unsettled + paid, before.vault.unsettled, "O10: a claim was paid from elsewhere");
        _checkLenders(before, vault.books());
        ++counted["claim"];
    }

    // ---------------------------------------------------------------------------------------------------- liquidation

    function liquidate(uint256 who) external called {
        _liquidateWeakest(who);
    }

    function _liquidateWeakest(uint256 who) private {
        // The weakest of all where the one named is well.
        bytes32 account = _accounts[who % TRADERS];
        uint256 health = vault.health(account);
        for (uint256 i = 0; i < TRADERS && health >= WAD; ++i) {
            account = _accounts[i];
            health = vault.health(account);
        }
        if (health >= WAD) return;
        _claimAll(account);
        health = vault.health(account);
        if (health >= WAD) return;
        bool whole = vault.liquidationPlan(account).wholePortfolio;
        Books memory before = _books(account, address(weth), _expiry());
        (, int256 equity) = vault.standing(account);
        (bool done, bytes memory refusal) = _liquidateNow(account, whole);
        if (done) {
            uint256 current = vault.health(account);
            IMarginVault.Position memory held = vault.position(account);
            // Of a whole portfolio the legs go; what is left without collateral has only winnings to come behind it.
            bool emptied = held.collateral[0] == 0 && held.collateral[1] == 0;
            bool closed = whole ? book.legCount(account) == 0 : held.debt == 0 || emptied;
            assertTrue(closed || current > health, "O14: a liquidation neither improved nor closed");
            if (whole) _checkTaken(account, before, equity);
            ++counted[whole ? "liquidatePortfolio" : "liquidate"];
        } else {
            bytes4 name = _nameOf(refusal);
            // Dust is the taker's, where a small fraction would leave him with it.
            bool allowed = name == IMarginVault.RuleBudgetExhausted.selector
                || name == IMarginVault.NothingSeizable.selector
                || (whole && name == IMarginVault.DebtBelowMinimum.selector);
            _allowOnly(allowed, "O14", refusal);
        }
    }

    function _checkTaken(bytes32, Books memory before, int256 equity) private view {
        IMarginVault.Valuation memory worth = vault.valuation(_accounts[TRADERS]);
        assertGe(
            worth.borrowCapacity, worth.debt + worth.initialRequirement, "O14: the taker ends outside its requirement"
        );
        IMarginVault.Books memory current = vault.books();
        if (equity > 1e13) {
            assertEq(current.deficit, before.vault.deficit, "O14: a deficit of a portfolio that was worth something");
            assertEq(current.optionDeficit, before.vault.optionDeficit, "O14: a deficit of a portfolio worth something");
        }
    }

    function _liquidateNow(bytes32 account, bool whole) private returns (bool, bytes memory) {
        IMarginVault.PortfolioLimits memory limits =
            IMarginVault.PortfolioLimits(type(uint256).max, WAD, vm.getBlockTimestamp());
        bytes memory data = whole
            ? abi.encodeCall(vault.liquidatePortfolio, (account, _accounts[TRADERS], limits))
            : abi.encodeCall(vault.liquidate, (account, _anything(), ""));
        vm.prank(whole ? _ownerOf(_accounts[TRADERS]) : liquidator);
        return address(vault).call(data);
    }

    function _claimAll(bytes32 account) private {
        for (uint256 i = 0; i < _expiries.length; ++i) {
            for (uint256 k = 0; k < 2; ++k) {
                _claim(account, k, _expiries[i]);
            }
        }
    }

    // ---------------------------------------------------------------------------------------------------------- leaves

    /// @notice Somebody borrows on an attested requirement, which may be false, and the leaf is challenged.
    function leaf(uint256 who, uint256 lie, uint256 amount) external called {
        bytes32 account = _accounts[who % TRADERS];
        if (book.legCount(account) == 0 || vm.getBlockTimestamp() + 2 hours > _expiry()) return;
        if (risk.silence().stage != IRiskOracle.Stage.Live) return;
        if (lie % 3 == 0) lie = 0;
        _bondUp();
        uint256 health = vault.health(account);
        uint256 required = book.initialRequirement(account);
        uint256 stated = required - required * _bound(lie, 0, 100) / 100;
        (bytes memory data, uint256 gross) = _post(_poster, account, stated);
        assertEq(vault.health(account), health, "O16: a leaf moved maintenance");

        uint256 most = FixedPointMathLib.min(vault.cash(), 8000e6);
        if (most != 0) _borrowOn(account, _bound(amount, 1, most), data);
        IMarginAttestations.Poster memory poster = attestations.posterOf(_poster);
        assertLe(poster.used, poster.bond / 2, "O17: more than half of the bond rides on leaves");
        _challengeIt(account, data, required, stated, gross);
        ++counted["leaf"];
    }

    function _bondUp() private {
        uint256 bond = attestations.posterOf(_poster).bond;
        if (bond >= BOND) return;
        vm.prank(_poster);
        attestations.postBond(BOND - bond);
    }

    function _borrowOn(bytes32 account, uint256 amount, bytes memory data) private {
        uint256 room = attestations.riskRoom(_poster);
        address owner = _ownerOf(account);
        vm.prank(owner);
        try vault.borrow(account, amount, owner, data) {
            if (attestations.riskRoom(_poster) == room) return;
            _leant.push(Loss(vm.getBlockTimestamp(), amount, BOND));
            (uint256 sum, uint256 limit) = _sumOf(_leant, 70 minutes);
            assertLe(sum, limit + 1, "O17: leaves of 70 minutes carried more than the bond");
            ++counted["leafUsed"];
        } catch (bytes memory refusal) {
            _allowOnly(_riskRefusal(_nameOf(refusal)), "O13", refusal);
        }
    }

    /// @dev A leaf that is off by more than the tolerance costs the bond; one that is not costs nothing.
    function _challengeIt(bytes32 account, bytes memory data, uint256 required, uint256 stated, uint256 gross) private {
        uint256[] memory words = book.legsOf(account);
        uint256 before = usdc.balanceOf(_challenger);
        bytes[] memory inputs = _preimages(words);
        vm.prank(_challenger);
        try attestations.challengeRequirement(account, data, words, inputs) {
            assertGt(required - stated, gross / 1e6, "O15: a leaf inside its tolerance was voided");
            assertEq(attestations.posterOf(_poster).bond, 0, "O15: a false leaf left a bond");
            assertEq(usdc.balanceOf(_challenger) - before, BOND / 2, "O15: the challenger was not paid");
            (bool valid,,) = attestations.attested(account, data);
            assertFalse(valid, "O15: a voided leaf holds");
            // What he had lent to others' risk went with the bond.
            delete _leant;
            ++counted["voided"];
        } catch (bytes memory refusal) {
            assertEq(_nameOf(refusal), IMarginAttestations.LeafCorrect.selector, "O15: refused for another reason");
            assertLe(required - stated, gross / 1e6, "O15: a false leaf stands");
            ++counted["stood"];
        }
    }

    // ---------------------------------------------------------------------------------------------------------- the end

    /// @notice Every kind of thing happens once more, then the last expiry passes and everything is settled and paid.
    function finish() external {
        _rollOver();
        _setAnswer(weth, 3000e8);
        _setAnswer(wbtc, 60_000e8);
        for (uint256 i = 0; i < TRADERS; ++i) {
            vm.prank(lender);
            vault.repay(_accounts[i], type(uint256).max);
            _add(_accounts[i], weth, 400e18);
        }
        this.fund(1e6);
        _reportNow(0.6e18);
        // Trader 0 writes 20 calls to trader 1, both borrow, and they close a part of them again.
        this.trade(1026, 2000, 119e6);
        this.borrow(0, 100_000e6);
        this.borrow(1, 100_000e6);
        this.borrow(2, 100_000e6);
        // About what the three series are worth at these prices.
        for (uint256 i = 0; i < 48 && counted["reduce"] == 0; ++i) {
            this.reduce(i, i % SERIES == 0 ? 119e6 : i % SERIES == 1 ? 40e6 : 2390e6);
        }
        this.trade(1026, 2000, 119e6);
        this.leaf(0, 0, 1e6);
        this.leaf(0, 50, 1000e6);
        this.repay(0, 1);
        this.addCollateral(0, 1);
        this.movePrice(0, WAD);
        this.wait(1);
        _fall();
        _setAnswer(weth, 3000e8);
        this.overreach(0, 2.4e18);
        _setAnswer(weth, FixedPointMathLib.max(_answerOf(weth), 3300e8));
        _rollOver();
        for (uint256 i = 0; i <= TRADERS; ++i) {
            _claimAll(_accounts[i]);
            assertEq(book.pendingClaims(_accounts[i]), 0, "O21: a claim is left");
        }
        assertLe(vault.books().unsettled, 2 * (TRADERS + 1) * 2 * _expiries.length, "O21: more is left than rounding");
    }

    /// @dev All traders borrow to the full and prices fall.
    function _fall() private {
        for (uint256 i = 0; i < TRADERS; ++i) {
            uint256 amount = FixedPointMathLib.min(_roomOf(_accounts[i]), vault.cash());
            if (amount < MINIMUM_DEBT) continue;
            address owner = _ownerOf(_accounts[i]);
            vm.prank(owner);
            vault.borrow(_accounts[i], amount, owner, "");
        }
        for (uint256 i = 0; i < 36 && counted["liquidate"] + counted["liquidatePortfolio"] == 0; ++i) {
            if (i % TRADERS == 0) _setAnswer(weth, _answerOf(weth) * 93 / 100);
            this.liquidate(i);
        }
    }

    /// @dev Settles the running expiry and lists the next.
    function _rollOver() private {
        _expire(1);
        uint40 expiry = _expiry();
        for (uint256 k = 0; k < 2; ++k) {
            for (uint256 i = 0; i <= TRADERS; ++i) {
                _settle(_accounts[i], k, expiry);
            }
        }
        _open();
    }

    // ----------------------------------------------------------------------------------------------------------- picks

    function _expiry() private view returns (uint40) {
        return _expiries[_expiries.length - 1];
    }

    /// @dev Whether there is something to trade: when the last expiry is settled, the next one comes.
    function _open() private returns (bool) {
        if (vm.getBlockTimestamp() < _expiry()) return true;
        uint40 expiry = _expiry();
        for (uint256 k = 0; k < 2; ++k) {
            IOptionBook.Pool memory pool = book.poolOf(address(_tokens[k]), expiry);
            if (pool.price == 0 || pool.accounts != 0) return false;
            if (!pool.closed) book.close(address(_tokens[k]), expiry);
        }
        _listNext();
        return true;
    }

    function _listNext() private {
        uint64 expiry = uint64(vm.getBlockTimestamp() + 10 days);
        for (uint256 k = 0; k < 2; ++k) {
            if (risk.expiriesOf(address(_tokens[k])).length >= 4) risk.pruneExpiries(address(_tokens[k]));
            risk.listExpiry(address(_tokens[k]), expiry, 0.6e18, 1e18);
        }
        _expiries.push(uint40(expiry));
    }

    function _pair(uint256 seed) private pure returns (uint256 maker, uint256 taker) {
        maker = (seed / SERIES) % TRADERS;
        taker = (maker + 1 + (seed / 16) % (TRADERS - 1)) % TRADERS;
    }
}

// forge-lint: disable-end(unsafe-typecast)
