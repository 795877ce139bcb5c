// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {AttestationVerifier} from "../../../contracts/AttestationVerifier.sol";
import {IAttestationVerifier} from "../../../contracts/interfaces/IAttestationVerifier.sol";
import {IGuardian} from "../../../contracts/interfaces/IGuardian.sol";
import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {SignedObservation} from "../../../contracts/types/Observation.sol";
import {BaseTest} from "../BaseTest.sol";

// casting is safe throughout because tests draw figures far inside the types they are cast to
// forge-lint: disable-start(unsafe-typecast)

/// @title Replay: f publisher keys stolen, of four and of seven signers
/// @dev What f keys cannot do among n = 3f + 1: report, tighten, or move what honest signers agree on.
abstract contract StolenPublisherKeys is BaseTest {
    uint256 private immutable _faulty;

    constructor(uint256 faulty) {
        _faulty = faulty;
    }

    function setUp() public override {
        super.setUp();
        _add(aliceAccount, weth, 10e18);
        _borrow(aliceAccount, _room(aliceAccount));
        skip(MIN_INTERVAL);
        _refresh();
    }

    function _mixed(uint256 honest, uint64 lie, uint64 truth) private view returns (SignedObservation[] memory) {
        uint64[] memory volatilities = new uint64[](honest + _faulty);
        for (uint256 i = 0; i < volatilities.length; ++i) {
            volatilities[i] = i < _faulty ? lie : truth;
        }
        return _report(volatilities, SLIPPAGE);
    }

    function test_F52_Replay_StolenAlone_ChangeNothing() public {
        uint256 health = vault.health(aliceAccount);
        uint256 room = vault.valuation(aliceAccount).borrowCapacity;
        SignedObservation[] memory lies = _mixed(0, 1.2e18, 0);
        uint256 quorum = 2 * _faulty + 1;
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.QuorumTooSmall.selector, _faulty, quorum));
        risk.submit(lies);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.QuorumTooSmall.selector, _faulty, _faulty + 1));
        risk.tighten(lies);
        assertEq(vault.health(aliceAccount), health);
        assertEq(vault.valuation(aliceAccount).borrowCapacity, room);
    }

    /// @dev With as many honest signers as a quorum needs beside them, the median is an honest value, whichever way the others lie.
    function test_Replay_StolenBesideHonest_MedianIsHonest() public {
        uint256 snapshot = vm.snapshotState();
        risk.submit(_mixed(_faulty + 1, 1.2e18, 0.62e18));
        assertEq(risk.stateOf(address(weth)).volatility, 0.62e18);
        vm.revertToState(snapshot);
        risk.submit(_mixed(_faulty + 1, 0.54e18, 0.62e18));
        assertEq(risk.stateOf(address(weth)).volatility, 0.62e18);
    }

    /// @dev Tightening takes the least tight: with one honest signer beside them it is no tighter than he says.
    function test_Replay_StolenBesideOne_TightensNoMoreThanHeSays() public {
        risk.tighten(_mixed(1, 1.2e18, 0.7e18));
        assertEq(risk.stateOf(address(weth)).initialVolatility, 0.7e18);
        assertEq(risk.stateOf(address(weth)).volatility, VOLATILITY);
        assertGe(vault.health(aliceAccount), WAD, "and maintenance has not moved");
    }
}

contract OneOfFourStolenReplay is StolenPublisherKeys {
    constructor() StolenPublisherKeys(1) {}
}

contract TwoOfSevenStolenReplay is StolenPublisherKeys {
    constructor() StolenPublisherKeys(2) {}

    function _deployProtocol() internal override {
        delete signerList;
        _makeSigners(7);
        super._deployProtocol();
    }

    function _newVerifier() internal override returns (AttestationVerifier) {
        return new AttestationVerifier(address(manager), signerList, 3, 5);
    }
}

/// @title Replay: every off-chain key stolen for a day: all signers, the guardian, the relay
/// @dev Rule 4. Twenty loans stand just over health 1 after a fall of the price, as far as they may be borrowed. The thief reports the tightest
/// vector he may, whenever he may, and liquidates whatever that puts under water, every ten minutes.
contract AllKeysStolenReplay is BaseTest {
    bytes32[] private _loans;
    uint256 private _honestThreshold;
    uint256 private _debt;

    function setUp() public override {
        super.setUp();
        for (uint96 i = 0; i < 20; ++i) {
            bytes32 account = vault.accountId(alice, i + 10);
            _loans.push(account);
            _add(account, weth, 1e18 + uint256(i) * 0.002e18);
            _borrow(account, 2157e6);
        }
        _setPrice(wethFeed, 2800e8);
        for (uint256 i = 0; i < _loans.length; ++i) {
            assertGe(vault.health(_loans[i]), WAD);
        }
        _honestThreshold = risk.factors(address(weth)).liquidationThreshold;
        _debt = vault.totalDebt();
    }

    function liquidateOutside(bytes32 account) external {
        _liquidate(account);
    }

    /// @dev Health at the factors of before the theft.
    function _honestHealth(bytes32 account) private view returns (uint256) {
        IMarginVault.Valuation memory worth = vault.valuation(account);
        return worth.collateralValue * _honestThreshold / worth.debt;
    }

    function test_F52_Replay_WronglyLiquidatedDebt_IsUnderTwoPercent() public {
        uint256 wrongly = 0;
        uint256 tried = 0;
        uint64[4] memory volatilities = [uint64(1.2e18), 2.4e18, 4e18, 4e18];
        for (uint256 step = 0; step < 144; ++step) {
            if (step % 36 == 1) risk.submit(_agreed(4, volatilities[step / 36], 0.02e18));
            for (uint256 i = 0; i < _loans.length; ++i) {
                uint256 repay = vault.liquidationPlan(_loans[i]).repay;
                if (repay == 0) continue;
                bool sound = _honestHealth(_loans[i]) >= WAD;
                ++tried;
                try this.liquidateOutside(_loans[i]) {
                    if (sound) wrongly += repay;
                } catch (bytes memory reason) {
                    assertEq(bytes4(reason), IMarginVault.RuleBudgetExhausted.selector);
                }
            }
            _wait(10 minutes);
            if (step == 0) _wait(MIN_INTERVAL - 10 minutes);
        }
        assertGt(tried, 0, "nothing was put under water: the replay shows nothing");
        assertLe(wrongly, _debt * 2 / 100, "over 2 % of debt was liquidated for a rule");
    }

    /// @dev The guardian's key can hold liquidation of an asset back for six hours in seven days, in whatever pieces, and no more.
    function test_Replay_LiquidationIsBlocked_ForSixHoursAtMost() public {
        _setPrice(wethFeed, 2500e8);
        uint256 blocked = 0;
        for (uint256 step = 0; step < 96; ++step) {
            _tryRaise(IGuardian.Level.Halt, address(0));
            _tryRaise(IGuardian.Level.Liquidation, address(weth));
            if (guardian.liquidationBlockedUntil(address(weth)) > vm.getBlockTimestamp()) {
                blocked += 15 minutes;
                vm.expectPartialRevert(IMarginVault.NothingSeizable.selector);
                this.liquidateOutside(_loans[0]);
            }
            _wait(15 minutes);
        }
        assertEq(blocked, 6 hours);
        _liquidate(_loans[0]);
    }

    function _tryRaise(IGuardian.Level level, address asset) private {
        try guardian.raise(level, asset, 15 minutes) {} catch {}
    }

    /// @dev What can be borrowed more at the end of the day than at its start is inside the published steps; and nothing left the vault but what
    /// was borrowed against collateral that the loosest of these factors still covers.
    function test_Replay_Loosening_StaysInsideThePublishedSteps() public {
        _setPrice(wethFeed, 3000e8);
        IRiskOracle.Factors memory before = risk.factors(address(weth));
        IRiskOracle.AssetBounds memory bounds = risk.boundsOf(address(weth));
        uint256 cash = vault.cash();
        uint256 volatility = VOLATILITY;
        for (uint256 i = 0; i < 4; ++i) {
            _wait(MIN_INTERVAL);
            volatility = FixedPointMathLib.max(
                FixedPointMathLib.divUp(volatility * (WAD - bounds.loosenStep), WAD), bounds.volatilityFloor
            );
            risk.submit(_agreed(4, uint64(volatility), 0));
        }
        IRiskOracle.Factors memory later = risk.factors(address(weth));
        uint256 ramped =
            before.liquidationThreshold * uint256(FixedPointMathLib.expWad(int256(uint256(bounds.rampPerDay)))) / WAD;
        assertLe(later.liquidationThreshold, ramped + 2);
        assertLt(later.borrowFactor, later.liquidationThreshold);
        assertEq(vault.cash(), cash, "no key moves a token by itself");

        bytes32 thief = vault.accountId(bob, 1);
        _add(thief, weth, 100e18);
        _borrow(thief, _room(thief) - 1);
        assertGe(vault.health(thief), WAD);
        assertLt(vault.position(thief).debt, 300_000e6 * later.liquidationThreshold / WAD, "it is covered");
        // At the rules of before he would have had this much less.
        uint256 honest = 300_000e6 * before.borrowFactor / WAD;
        assertLe(vault.position(thief).debt, honest * 108 / 100, "8 % looser in a day");
    }
}
