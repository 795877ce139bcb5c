// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {MarginVault} from "../../../contracts/MarginVault.sol";
import {RiskOracle} from "../../../contracts/RiskOracle.sol";
import {IAttestationVerifier} from "../../../contracts/interfaces/IAttestationVerifier.sol";
import {IGuardian} from "../../../contracts/interfaces/IGuardian.sol";
import {IInsuranceFund} from "../../../contracts/interfaces/IInsuranceFund.sol";
import {IMarginAttestations} from "../../../contracts/interfaces/IMarginAttestations.sol";
import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {IOptionBook} from "../../../contracts/interfaces/IOptionBook.sol";
import {IOracleHub} from "../../../contracts/interfaces/IOracleHub.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {VaultLimits} from "../../../contracts/types/Ledger.sol";
import {AssetRisk, ExpiryRisk, Observation, SignedObservation} from "../../../contracts/types/Observation.sol";
import {LeafWriter} from "./LeafWriter.sol";

// casting is safe throughout because figures are drawn inside the types they are cast to
// forge-lint: disable-start(unsafe-typecast)

/// @title A thief with every off-chain key for 24 hours: all signers, the guardian, the relay, the poster of leaves; prices stand still
/// @dev Honest people: three who have borrowed to the full, four writers of options at their limit, one who owes nothing, a holder, the lender, and a watcher who
/// challenges false leaves. The thief is not admin and not risk admin, and does not hold the feeds.
contract AttackerHandler is LeafWriter {
    uint256 private constant BORROWERS = 3;
    uint256 private constant VICTIMS = 7;
    uint256 private constant PROBES = 17;
    uint96 private constant LOT = 0.01e18;
    uint256 internal constant BOND = 20_000e6;

    address public thief;
    uint256 private _thiefKey;
    /// @dev Where the thief borrows, and where he takes portfolios over.
    bytes32 public loot;
    bytes32 private _fence;
    bytes32[] private _victims;
    bytes32 private _free;
    bytes32 private _holder;
    uint256 private _nonce;
    uint64 private _expiry;
    address private _watcher = makeAddr("watcher");

    uint256 public began;
    uint256 public reports;
    uint256 public largestDebt;
    uint256 public liquidated;
    mapping(address asset => uint256 time) public blocked;
    mapping(address asset => int256 ln) public lnThresholdThen;

    function setUp() public override {
        super.setUp();
        (thief, _thiefKey) = makeAddrAndKey("thief");
        manager.grantRole(GUARDIAN, thief, 0);
        _listOptions();
        _submitAgreed(VOLATILITY, SLIPPAGE);
        skip(MIN_INTERVAL);
        _settleIn();
        for (uint256 i = 0; i < 2; ++i) {
            address asset = address(_tokens[i]);
            lnThresholdThen[asset] = FixedPointMathLib.lnWad(int256(risk.factors(asset).liquidationThreshold));
        }
        began = vm.getBlockTimestamp();
        largestDebt = vault.totalDebt();
    }

    function _listOptions() private {
        _expiry = uint64(vm.getBlockTimestamp() + 20 days);
        for (uint256 i = 0; i < 2; ++i) {
            risk.setOptionBounds(address(_tokens[i]), _optionBounds());
            risk.setFallback(address(_tokens[i]), IRiskOracle.Fallback(1.2e18, 0.1e18, 1e18));
            book.listUnderlying(address(_tokens[i]), LOT, 1e18);
        }
        risk.listExpiry(address(weth), _expiry, 0.6e18, 1e18);
    }

    /// @dev Everybody takes his place.
    function _settleIn() private {
        address[3] memory payers = [lender, thief, liquidator];
        for (uint256 i = 0; i < 3; ++i) {
            usdc.mint(payers[i], type(uint96).max);
            vm.startPrank(payers[i]);
            usdc.approve(address(vault), type(uint256).max);
            usdc.approve(address(attestations), type(uint256).max);
            vm.stopPrank();
        }
        (address writer, uint256 key) = makeAddrAndKey("writer");
        for (uint256 i = 0; i < VICTIMS; ++i) {
            _victims.push(vault.accountId(i < BORROWERS ? alice : writer, uint96(i)));
            _add(_victims[i], weth, i == 0 ? 3000e18 : i < BORROWERS ? 100e18 : 20e18);
        }
        _free = vault.accountId(alice, 9);
        _holder = vault.accountId(bob, 1);
        loot = vault.accountId(thief, 1);
        _fence = vault.accountId(thief, 2);
        _add(_free, weth, 10e18);
        _add(_holder, weth, 1000e18);
        _add(loot, weth, 200e18);
        _add(_fence, weth, 5000e18);
        _write(loot, _thiefKey, 5e18);
        for (uint256 i = 0; i < VICTIMS; ++i) {
            if (i >= BORROWERS) _write(_victims[i], key, 30e18);
            _borrow(_victims[i], _roomOf(_victims[i]));
        }
    }

    function _write(bytes32 account, uint256 key, uint96 size) private {
        IOptionBook.Offer memory offer = IOptionBook.Offer({
            makerAccount: account,
            underlying: address(weth),
            isCall: true,
            strike: 3000e18,
            expiry: uint40(_expiry),
            size: size,
            makerBuys: false,
            price: 100e6,
            takerAccount: bytes32(0),
            nonce: ++_nonce,
            deadline: type(uint64).max
        });
        IOptionBook.Fill memory fill;
        (fill.takerAccount, fill.size) = (_holder, size);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, book.digestOf(offer));
        vm.prank(bob);
        book.trade(offer, abi.encodePacked(r, s, v), fill);
    }

    function _roomOf(bytes32 account) private view returns (uint256) {
        IMarginVault.Valuation memory worth = vault.valuation(account);
        uint256 owed = worth.debt + worth.initialRequirement + 4e12;
        return worth.borrowCapacity > owed ? (worth.borrowCapacity - owed) / 1e12 : 0;
    }

    function parts() external view returns (MarginVault, RiskOracle, AccessManager) {
        return (vault, risk, manager);
    }

    function victims() external view returns (bytes32[] memory) {
        return _victims;
    }

    function signers() external view returns (address[] memory) {
        return signerList;
    }

    // ---------------------------------------------------------------------------------------------------- the clock

    modifier counting() {
        ++_calls;
        uint256 share = vault.convertToAssets(1e24);
        _;
        largestDebt = FixedPointMathLib.max(largestDebt, vault.totalDebt());
        assertGe(vault.convertToAssets(1e24) + 1, share, "A7: a lender's share lost value");
    }

    function _end() private view returns (uint256) {
        return began + 1 days;
    }

    /// @dev Moves time, and adds up for how long nobody can be liquidated.
    function _pass(uint256 to) private {
        for (uint256 i = 0; i < 2; ++i) {
            address asset = address(_tokens[i]);
            uint256 until = FixedPointMathLib.min(guardian.liquidationBlockedUntil(asset), to);
            blocked[asset] += FixedPointMathLib.zeroFloorSub(until, vm.getBlockTimestamp());
        }
        vm.warp(to);
    }

    function wait(uint256 time) external counting {
        uint256 to = vm.getBlockTimestamp() + _bound(time, 1, 3 hours);
        if (to <= _end()) _pass(to);
        ++counted["wait"];
    }

    // ------------------------------------------------------------------------------------------------------- reports

    /// @notice Three stolen keys sign anything; what is outside bounds and steps is refused all the same.
    function lie(uint256 seed) external counting {
        uint256 next = uint256(risk.lastReportAt()) + MIN_INTERVAL;
        if (next > _end()) return;
        if (vm.getBlockTimestamp() < next) {
            if (seed % 4 == 0) {
                _submit(seed, IRiskOracle.ReportTooEarly.selector);
                return;
            }
            _pass(next);
        }
        _submit(seed, 0);
    }

    function _submit(uint256 seed, bytes4 expected) private {
        SignedObservation[] memory signed = _stolen(3, seed, false);
        try risk.submit(signed) {
            assertEq(expected, bytes4(0), "A11: a report before its time");
            ++reports;
            ++counted["lie"];
        } catch (bytes memory refusal) {
            bytes4 name = _nameOf(refusal);
            bool outside = name == IRiskOracle.VolatilityOutOfBounds.selector
                || name == IRiskOracle.VolatilityStepTooLarge.selector
                || name == IRiskOracle.SlippageOutOfBounds.selector || name == IRiskOracle.SlippageStepTooLarge.selector
                || name == IRiskOracle.ImpliedOutOfBounds.selector || name == IRiskOracle.ImpliedStepTooLarge.selector
                || name == IRiskOracle.ForwardOutOfBounds.selector || name == IRiskOracle.ForwardStepTooLarge.selector;
            _allowOnly(expected == 0 ? outside : name == expected, "A11", refusal);
        }
    }

    /// @notice Two stolen keys tighten initial margin as far as it goes.
    function squeeze(uint256 seed) external counting {
        try risk.tighten(_stolen(2, seed, true)) {
            ++counted["squeeze"];
        } catch (bytes memory refusal) {
            bytes4 name = _nameOf(refusal);
            bool allowed = name == IRiskOracle.NothingTightens.selector
                || name == IRiskOracle.VolatilityStepTooLarge.selector
                || name == IRiskOracle.VolatilityOutOfBounds.selector
                || name == IRiskOracle.SlippageStepTooLarge.selector || name == IRiskOracle.SlippageOutOfBounds.selector;
            _allowOnly(allowed, "A11", refusal);
        }
    }

    /// @dev What hurts most is at the ends of the steps; one draw in eight is beyond them.
    function _stolen(uint256 count, uint256 seed, bool tighter) private view returns (SignedObservation[] memory) {
        AssetRisk[] memory vector = new AssetRisk[](2);
        for (uint256 i = 0; i < 2; ++i) {
            address asset = address(_tokens[i]);
            IRiskOracle.AssetState memory state = risk.stateOf(asset);
            IRiskOracle.AssetBounds memory bounds = risk.boundsOf(asset);
            vector[i].asset = asset;
            vector[i].volatility = _worst(
                seed >> (8 * i),
                tighter
                    ? state.volatility
                    : FixedPointMathLib.max(
                        FixedPointMathLib.divUp(state.volatility * (WAD - bounds.loosenStep), WAD),
                        bounds.volatilityFloor
                    ),
                FixedPointMathLib.min(state.volatility * (WAD + bounds.tightenStep) / WAD, bounds.volatilityCap)
            );
            vector[i].slippage = _worst(
                seed >> (8 * i + 3),
                FixedPointMathLib.zeroFloorSub(state.slippage, bounds.slippageStep),
                FixedPointMathLib.min(state.slippage + bounds.slippageStep, bounds.slippageCap)
            );
            vector[i].expiries = _expiriesOf(i, seed);
        }
        Observation memory observation = _observation(0, 0);
        observation.vector = vector;
        SignedObservation[] memory signed = new SignedObservation[](count);
        for (uint256 i = 0; i < count; ++i) {
            signed[i] = _sign(observation, signerList[i]);
        }
        return signed;
    }

    function _expiriesOf(uint256 which, uint256 seed) private view returns (ExpiryRisk[] memory made) {
        if (which == 1) return made;
        made = new ExpiryRisk[](1);
        (uint256 implied, uint256 ratio) = risk.optionInputs(address(weth), _expiry);
        IRiskOracle.OptionBounds memory bounds = risk.optionBoundsOf(address(weth));
        made[0] = ExpiryRisk({
            expiry: _expiry,
            impliedVolatility: _worst(
                seed >> 16,
                FixedPointMathLib.max(
                    FixedPointMathLib.divUp(implied * (WAD - bounds.impliedStep), WAD), bounds.impliedFloor
                ),
                FixedPointMathLib.min(implied * (WAD + bounds.impliedStep) / WAD, bounds.impliedCap)
            ),
            forwardRatio: _worst(
                seed >> 19,
                FixedPointMathLib.max(ratio - bounds.forwardStep, bounds.forwardFloor),
                FixedPointMathLib.min(ratio + bounds.forwardStep, bounds.forwardCap)
            )
        });
    }

    function _worst(uint256 seed, uint256 low, uint256 high) private pure returns (uint64) {
        uint256 kind = seed % 16;
        if (kind == 15) return uint64(high * 2 + 1);
        if (kind < 6) return uint64(low);
        if (kind < 12) return uint64(high);
        return uint64(low + uint256(keccak256(abi.encode(seed))) % (high - low + 1));
    }

    // ------------------------------------------------------------------------------------------------------ guardian

    function raise(uint256 level, uint256 which, uint256 duration) external counting {
        IGuardian.Level raised = IGuardian.Level(1 + level % 3);
        address asset = raised == IGuardian.Level.Liquidation ? address(_tokens[which % 2]) : address(0);
        vm.prank(thief);
        try guardian.raise(raised, asset, uint64(_bound(duration, 1, 8 hours))) {
            ++counted["raise"];
        } catch (bytes memory refusal) {
            bytes4 name = _nameOf(refusal);
            bool allowed = name == IGuardian.AllowanceExceeded.selector || name == IGuardian.StopStillRunning.selector;
            _allowOnly(allowed, "A2", refusal);
        }
    }

    /// @notice The guardian may change feeds only to the one that was approved, which says what the others say.
    function useFallback(uint256 which, uint256 index) external counting {
        address asset = address(_tokens[which % 2]);
        uint256 price = hub.price(asset);
        vm.prank(thief);
        try hub.useFallback(asset, index % 3) {
            ++counted["useFallback"];
        } catch (bytes memory refusal) {
            _allowOnly(_nameOf(refusal) == IOracleHub.FallbackInUse.selector, "A10", refusal);
        }
        assertEq(hub.price(asset), price, "A10: the guardian moved a price");
    }

    // ------------------------------------------------------------------------------------------------------ the taking

    /// @notice Whoever the false rules make liquidatable is liquidated, by the thief.
    function liquidateVictim(uint256 who) external counting {
        bytes32 account = _victims[who % VICTIMS];
        if (vault.health(account) >= WAD) return;
        IMarginVault.LiquidationPlan memory plan = vault.liquidationPlan(account);
        bool whole = plan.wholePortfolio;
        uint256 debt = whole ? vault.portfolioPlan(account).debtTaken : plan.repay;
        (bool done, bytes memory refusal) = _liquidateAs(thief, account, whole);
        if (done) {
            liquidated += debt;
            ++counted["wrong"];
        } else {
            bytes4 name = _nameOf(refusal);
            bool allowed = name == IMarginVault.RuleBudgetExhausted.selector
                || name == IMarginVault.NothingSeizable.selector || name == IMarginVault.CollateralNotSeizable.selector
                || name == IMarginVault.InitialRequirementViolated.selector;
            _allowOnly(allowed, "A1", refusal);
            ++counted[name == IMarginVault.RuleBudgetExhausted.selector ? "budgetHeld" : "wrongRefused"];
        }
    }

    function _liquidateAs(address caller, bytes32 account, bool whole) private returns (bool, bytes memory) {
        IMarginVault.PortfolioLimits memory limits =
            IMarginVault.PortfolioLimits(type(uint256).max, WAD, vm.getBlockTimestamp());
        bytes memory data = whole
            ? abi.encodeCall(vault.liquidatePortfolio, (account, _fence, limits))
            : abi.encodeCall(vault.liquidate, (account, _anything(), ""));
        vm.prank(caller);
        return address(vault).call(data);
    }

    /// @notice The thief borrows all that the false rules give him.
    function take(uint256 share) external counting {
        uint256 room = FixedPointMathLib.min(_roomOf(loot), vault.cash());
        room = room * _bound(share, 1, 100) / 100;
        if (room == 0) return;
        vm.prank(thief);
        try vault.borrow(loot, room, thief, "") {
            _checkLoot();
            ++counted["take"];
        } catch (bytes memory refusal) {
            _allowOnly(_riskRefusal(_nameOf(refusal)), "A6", refusal);
        }
    }

    function _riskRefusal(bytes4 name) private view returns (bool) {
        bool stopped = guardian.newRiskBlockedUntil() > vm.getBlockTimestamp();
        return name == IMarginVault.InitialRequirementViolated.selector
            || name == IMarginVault.DebtBelowMinimum.selector || (stopped && name == IGuardian.NewRiskStopped.selector);
    }

    /// @dev What he owes is covered by what he left, at the loosest factor that a day can give.
    function _checkLoot() private view {
        IMarginVault.Position memory held = vault.position(loot);
        uint256 most = held.credit * 1e12;
        for (uint256 i = 0; i < 2; ++i) {
            uint256 value = held.collateral[i] * _answerOf(_tokens[i]) * 1e10 / 10 ** _tokens[i].decimals();
            most += value * risk.factors(address(_tokens[i])).borrowFactor / WAD;
        }
        assertLe(held.debt * 1e12, most, "A6: the thief owes more than his collateral lets him");
    }

    /// @notice A false leaf of the thief's own, and the watcher who finds it.
    function lieOnLeaf(uint256 share, uint256 amount) external counting {
        if (book.legCount(loot) == 0) return;
        uint256 bond = attestations.posterOf(thief).bond;
        if (bond < BOND) {
            vm.prank(thief);
            attestations.postBond(BOND - bond);
        }
        (uint256 before, uint256 required) = _excess();
        uint256 stated = required * _bound(share, 0, 99) / 100;
        (bytes memory data, uint256 gross) = _post(thief, loot, stated);
        uint256 most = FixedPointMathLib.min(vault.cash(), 40_000e6);
        if (most == 0) return;
        vm.prank(thief);
        try vault.borrow(loot, _bound(amount, 1, most), thief, data) {
            (uint256 excess,) = _excess();
            assertLe(excess, before + BOND / 2 * 1e12 + 1e13, "A8: more than half a bond was taken on a leaf");
            ++counted["leaf"];
        } catch (bytes memory refusal) {
            _allowOnly(_riskRefusal(_nameOf(refusal)), "A8", refusal);
        }
        if (required - stated > gross / 1e6) _catch(data);
    }

    function _excess() private view returns (uint256 excess, uint256 required) {
        IMarginVault.Valuation memory worth = vault.valuation(loot);
        required = worth.initialRequirement;
        excess = FixedPointMathLib.zeroFloorSub(worth.debt + required, worth.borrowCapacity);
    }

    function _catch(bytes memory data) private {
        uint256[] memory words = book.legsOf(loot);
        bytes[] memory inputs = _preimages(words);
        vm.prank(_watcher);
        attestations.challengeRequirement(loot, data, words, inputs);
        assertEq(attestations.posterOf(thief).bond, 0, "A8: a false leaf left a bond");
        ++counted["caught"];
    }

    // --------------------------------------------------------------------------------------------------------- probes

    /// @notice No stolen key opens a restricted door.
    function probe(uint256 which, uint256 who) external counting {
        which = which % PROBES;
        address caller = who % 5 == 4 ? thief : signerList[who % 5];
        (address target, bytes memory data) = _door(which);
        vm.prank(caller);
        (bool opened, bytes memory refusal) = target.call(data);
        assertFalse(opened, "A4: a restricted door opened");
        bytes4 name = _nameOf(refusal);
        assertTrue(
            name == IAccessManaged.AccessManagedUnauthorized.selector
                || name == IAccessManager.AccessManagerUnauthorizedAccount.selector
                || name == IMarginVault.CallerNotPeer.selector || name == IMarginAttestations.NotConsumer.selector
                || name == IInsuranceFund.CallerNotVault.selector || name == IOptionBook.NotVault.selector
                || name == IMarginVault.NotAccountOwner.selector,
            "A4: refused for another reason"
        );
        ++counted["probe"];
    }

    function _door(uint256 which) private view returns (address, bytes memory) {
        IOracleHub.FeedSet memory set;
        IRiskOracle.AssetBounds memory bounds = _bounds(0.35e18, 0.01e18);
        if (which == 0) return (address(hub), abi.encodeCall(hub.setFeeds, (address(weth), set)));
        if (which == 1) return (address(risk), abi.encodeCall(risk.setBounds, (address(weth), bounds)));
        if (which == 2) {
            return (address(risk), abi.encodeCall(risk.setFallback, (address(weth), IRiskOracle.Fallback(1, 1, 1))));
        }
        if (which == 3) return (address(risk), abi.encodeCall(risk.setTiming, (2 hours, 3 hours, 4 hours)));
        if (which == 4) return (address(vault), abi.encodeCall(vault.setCap, (address(weth), 0)));
        if (which == 5) return (address(vault), abi.encodeCall(vault.setLimits, (VaultLimits(0, 0, 0, 1))));
        if (which == 6) {
            return (address(verifier), abi.encodeCall(verifier.rotateSigners, (signerList, 2, 3, 0)));
        }
        if (which == 7) return (address(manager), abi.encodeCall(manager.grantRole, (0, thief, 0)));
        if (which == 8) return (address(manager), abi.encodeCall(manager.grantRole, (RISK_ADMIN, thief, 0)));
        if (which == 9) return (address(guardian), abi.encodeCall(guardian.lift, (IGuardian.Level.Halt, address(0))));
        if (which == 10) return (address(insurance), abi.encodeCall(insurance.announceWithdrawal, (thief, 1)));
        if (which == 11) return (address(insurance), abi.encodeCall(insurance.cover, (1)));
        if (which == 12) return (address(vault), abi.encodeCall(vault.creditGain, (loot, 1e6)));
        if (which == 13) return (address(book), abi.encodeCall(book.takeFraction, (_victims[0], loot, 1)));
        if (which == 14) return (address(attestations), abi.encodeCall(attestations.consume, (loot, "", 1)));
        if (which == 15) {
            return (address(vault), abi.encodeCall(vault.withdrawCollateral, (_free, address(weth), 1, thief, "")));
        }
        return (address(vault), abi.encodeCall(vault.borrow, (_holder, 1e6, thief, "")));
    }

    // ------------------------------------------------------------------------------------------------------ the honest

    /// @notice Adding and repaying always succeed, and who owes nothing always gets what is his.
    function honest(uint256 who, uint256 amount) external counting {
        bytes32 account = _victims[who % VICTIMS];
        _add(account, weth, _bound(amount, 1, 1e15));
        vm.startPrank(lender);
        vault.repay(account, _bound(amount, 1, 1e6));
        vm.stopPrank();
        uint256 held = vault.position(_free).collateral[0];
        vm.prank(alice);
        vault.withdrawCollateral(_free, address(weth), held, alice, "");
        _add(_free, weth, held);
        ++counted["honest"];
    }

    /// @notice Every kind of attack once more; then the day is over, the keys are changed, and the honest leave with what is theirs.
    function finish() external {
        for (uint256 i = 0; i < PROBES; ++i) {
            this.probe(i, i);
        }
        this.honest(0, 1);
        this.wait(1);
        this.useFallback(0, 0);
        this.useFallback(1, 1);
        if (counted["squeeze"] == 0) this.squeeze(8 * 257);
        if (counted["lie"] == 0) this.lie(3 + 16 + 256);
        if (counted["raise"] == 0) this.raise(1, 0, 1);
        if (counted["raise"] == 0) this.raise(1, 1, 1);
        if (vm.getBlockTimestamp() < _end()) _pass(_end());
        for (uint256 i = 0; i < VICTIMS; ++i) {
            this.liquidateVictim(i);
        }
    }

    function leave() external {
        for (uint256 i = 0; i < BORROWERS; ++i) {
            vm.prank(lender);
            vault.repay(_victims[i], type(uint256).max);
            uint256 held = vault.position(_victims[i]).collateral[0];
            assertGe(held, i == 0 ? 3000e18 : 100e18, "A12: an honest borrower lost collateral");
            vm.prank(alice);
            vault.withdrawCollateral(_victims[i], address(weth), held, alice, "");
        }
        address[] memory fresh = new address[](4);
        for (uint256 i = 0; i < 4; ++i) {
            fresh[i] = address(uint160(uint256(keccak256("fresh")) >> 100) + uint160(i));
        }
        verifier.rotateSigners(fresh, 2, 3, 0);
        try risk.submit(_stolen(3, 6, false)) {
            assertTrue(false, "A12: stolen keys outlive their rotation");
        } catch (bytes memory refusal) {
            bytes4 name = _nameOf(refusal);
            assertTrue(
                name == IRiskOracle.ReportTooEarly.selector || name == IAttestationVerifier.SignerUnknown.selector,
                "A12: refused for another reason"
            );
        }
    }
}

// forge-lint: disable-end(unsafe-typecast)
