// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {Test} from "forge-std/Test.sol";

import {Guardian} from "../../contracts/Guardian.sol";
import {IGuardian} from "../../contracts/interfaces/IGuardian.sol";

contract GuardianTest is Test {
    uint64 private constant START = 1_800_000_000;
    uint64 private constant RISK_ADMIN = 1;
    uint64 private constant GUARDIAN = 2;
    uint64 private constant ALLOWANCE = 6 hours;
    uint64 private constant REST = 7 days;
    uint256 private constant STEPS = 48;

    AccessManager private manager;
    Guardian private breaker;
    address private key = makeAddr("guardian");
    address private riskAdmin = makeAddr("risk admin");
    address private weth = makeAddr("weth");
    address private wbtc = makeAddr("wbtc");

    /// @dev What a thief achieved: every stretch for which `weth` was kept from liquidation.
    uint256[] private _from;
    uint256[] private _to;

    function setUp() public {
        vm.warp(START);
        manager = new AccessManager(address(this));
        breaker = new Guardian(address(manager));
        _assign(IGuardian.raise.selector, GUARDIAN);
        _assign(IGuardian.lift.selector, RISK_ADMIN);
        manager.grantRole(GUARDIAN, key, 0);
        manager.grantRole(RISK_ADMIN, riskAdmin, 0);
    }

    // -------------------------------------------------------------------------------------------------- refusals

    function test_RevertWhen_StrangerOrRiskAdminRaises() public {
        address[2] memory callers = [riskAdmin, makeAddr("stranger")];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, callers[i]));
            vm.prank(callers[i]);
            breaker.raise(IGuardian.Level.NewRisk, address(0), 1);
        }
    }

    function test_RevertWhen_GuardianLifts() public {
        _raise(IGuardian.Level.NewRisk, address(0), 1 days);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, key));
        vm.prank(key);
        breaker.lift(IGuardian.Level.NewRisk, address(0));
    }

    function test_RevertWhen_LevelNone() public {
        _expect(abi.encodeWithSelector(IGuardian.LevelNotRaisable.selector, IGuardian.Level.None));
        breaker.raise(IGuardian.Level.None, address(0), 1);
    }

    function test_RevertWhen_LevelAndAssetDoNotFit() public {
        _expect(abi.encodeWithSelector(IGuardian.LevelWantsAsset.selector, IGuardian.Level.Liquidation));
        breaker.raise(IGuardian.Level.Liquidation, address(0), 1);
        _expect(abi.encodeWithSelector(IGuardian.LevelConcernsEverything.selector, IGuardian.Level.NewRisk, weth));
        breaker.raise(IGuardian.Level.NewRisk, weth, 1);
        _expect(abi.encodeWithSelector(IGuardian.LevelConcernsEverything.selector, IGuardian.Level.Halt, weth));
        breaker.raise(IGuardian.Level.Halt, weth, 1);
    }

    function test_RevertWhen_DurationZero() public {
        _expect(abi.encodeWithSelector(IGuardian.DurationZero.selector));
        breaker.raise(IGuardian.Level.Halt, address(0), 0);
    }

    function test_RevertWhen_OneSecondOverTheAllowance() public {
        _expectExceeded(IGuardian.Level.NewRisk, address(0), 3 days + 1, 3 days, 1 days);
        breaker.raise(IGuardian.Level.NewRisk, address(0), 3 days + 1);
        _expectExceeded(IGuardian.Level.Liquidation, weth, ALLOWANCE + 1, ALLOWANCE, REST);
        breaker.raise(IGuardian.Level.Liquidation, weth, ALLOWANCE + 1);
        _expectExceeded(IGuardian.Level.Halt, address(0), ALLOWANCE + 1, ALLOWANCE, REST);
        breaker.raise(IGuardian.Level.Halt, address(0), ALLOWANCE + 1);
        // The largest duration does not overflow anything.
        _expectExceeded(IGuardian.Level.Halt, address(0), type(uint64).max, ALLOWANCE, REST);
        breaker.raise(IGuardian.Level.Halt, address(0), type(uint64).max);
    }

    function test_RevertWhen_RaisedWhileRunning_LastSecondAndAfter() public {
        _raise(IGuardian.Level.Liquidation, weth, 1 hours);
        skip(1 hours - 1);
        _expectRunning(IGuardian.Level.Liquidation, weth, START + 1 hours);
        breaker.raise(IGuardian.Level.Liquidation, weth, 1);
        skip(1);
        _raise(IGuardian.Level.Liquidation, weth, 1);
    }

    function test_RevertWhen_NewRiskOrHaltIsProlonged() public {
        _raise(IGuardian.Level.NewRisk, address(0), 1 hours);
        _raise(IGuardian.Level.Halt, address(0), 1 hours);
        _expectRunning(IGuardian.Level.NewRisk, address(0), START + 1 hours);
        breaker.raise(IGuardian.Level.NewRisk, address(0), 1);
        _expectRunning(IGuardian.Level.Halt, address(0), START + 1 hours);
        breaker.raise(IGuardian.Level.Halt, address(0), 1);
    }

    /// @dev The first half was used at once, the second six days later: seven days count from the end of the second.
    function test_RevertWhen_AllowanceIsUsed_UntilSevenDaysAfterTheLastStop() public {
        _raise(IGuardian.Level.Liquidation, weth, 3 hours);
        skip(6 days);
        _raise(IGuardian.Level.Liquidation, weth, 3 hours);
        uint64 whole = START + 6 days + 3 hours + REST;

        vm.warp(whole - 1);
        _expect(
            abi.encodeWithSelector(
                IGuardian.AllowanceExceeded.selector, IGuardian.Level.Liquidation, weth, 1, 0, uint256(whole)
            )
        );
        breaker.raise(IGuardian.Level.Liquidation, weth, 1);
        vm.warp(whole);
        _raise(IGuardian.Level.Liquidation, weth, ALLOWANCE);
    }

    function test_RevertWhen_NewRiskIsUsed_UntilOneDayAfterTheLastStop() public {
        _raise(IGuardian.Level.NewRisk, address(0), 3 days);
        vm.warp(START + 4 days - 1);
        _expectExceeded(IGuardian.Level.NewRisk, address(0), 1, 0, 4 days);
        breaker.raise(IGuardian.Level.NewRisk, address(0), 1);
        skip(1);
        _raise(IGuardian.Level.NewRisk, address(0), 3 days);
    }

    function test_RevertWhen_LiquidationStopFollowsAFullHalt() public {
        _raise(IGuardian.Level.Halt, address(0), ALLOWANCE);
        _expectRunning(IGuardian.Level.Liquidation, weth, START + ALLOWANCE);
        breaker.raise(IGuardian.Level.Liquidation, weth, 1);
        skip(ALLOWANCE);
        _expectExceeded(IGuardian.Level.Liquidation, weth, 1, 0, ALLOWANCE + REST);
        breaker.raise(IGuardian.Level.Liquidation, weth, 1);
        vm.warp(START + ALLOWANCE + REST);
        _raise(IGuardian.Level.Liquidation, weth, ALLOWANCE);
    }

    function test_RevertWhen_LiftedWithoutAStop() public {
        vm.expectRevert(abi.encodeWithSelector(IGuardian.NothingToLift.selector, IGuardian.Level.NewRisk, address(0)));
        vm.prank(riskAdmin);
        breaker.lift(IGuardian.Level.NewRisk, address(0));

        _raise(IGuardian.Level.Liquidation, weth, 1 hours);
        skip(1 hours);
        vm.expectRevert(abi.encodeWithSelector(IGuardian.NothingToLift.selector, IGuardian.Level.Liquidation, weth));
        vm.prank(riskAdmin);
        breaker.lift(IGuardian.Level.Liquidation, weth);
    }

    // ---------------------------------------------------------------------------------------------------- levels

    function test_Fresh_NothingIsStopped() public view {
        breaker.requireNewRisk();
        breaker.requireLiquidation(weth);
        assertEq(breaker.newRiskBlockedUntil(), 0);
        assertEq(breaker.liquidationBlockedUntil(weth), 0);
        assertEq(uint8(breaker.levelOf(weth)), uint8(IGuardian.Level.None));
        assertEq(breaker.allowanceLeft(IGuardian.Level.NewRisk, address(0)), 3 days);
        assertEq(breaker.allowanceLeft(IGuardian.Level.Liquidation, weth), ALLOWANCE);
        assertEq(breaker.allowanceLeft(IGuardian.Level.Halt, address(0)), ALLOWANCE);
    }

    function test_NewRisk_StopsNewRiskAlone_AndExpiresByItself() public {
        vm.expectEmit(address(breaker));
        emit IGuardian.Raised(IGuardian.Level.NewRisk, address(0), START + 3 days, 3 days);
        _raise(IGuardian.Level.NewRisk, address(0), 3 days);

        breaker.requireLiquidation(weth);
        assertEq(uint8(breaker.levelOf(weth)), uint8(IGuardian.Level.NewRisk));
        skip(3 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IGuardian.NewRiskStopped.selector, START + 3 days));
        breaker.requireNewRisk();
        skip(1);
        breaker.requireNewRisk();
        assertEq(uint8(breaker.levelOf(weth)), uint8(IGuardian.Level.None));
    }

    function test_Liquidation_StopsOneAssetAlone_AndExpiresByItself() public {
        _raise(IGuardian.Level.Liquidation, weth, ALLOWANCE);

        breaker.requireNewRisk();
        breaker.requireLiquidation(wbtc);
        assertEq(uint8(breaker.levelOf(weth)), uint8(IGuardian.Level.Liquidation));
        assertEq(uint8(breaker.levelOf(wbtc)), uint8(IGuardian.Level.None));
        skip(ALLOWANCE - 1);
        vm.expectRevert(abi.encodeWithSelector(IGuardian.LiquidationStopped.selector, weth, START + ALLOWANCE));
        breaker.requireLiquidation(weth);
        skip(1);
        breaker.requireLiquidation(weth);
    }

    function test_Halt_StopsBothForEveryAsset_AndExpiresByItself() public {
        _raise(IGuardian.Level.Halt, address(0), ALLOWANCE);

        assertEq(uint8(breaker.levelOf(wbtc)), uint8(IGuardian.Level.Halt));
        skip(ALLOWANCE - 1);
        vm.expectRevert(abi.encodeWithSelector(IGuardian.NewRiskStopped.selector, START + ALLOWANCE));
        breaker.requireNewRisk();
        vm.expectRevert(abi.encodeWithSelector(IGuardian.LiquidationStopped.selector, wbtc, START + ALLOWANCE));
        breaker.requireLiquidation(wbtc);
        skip(1);
        breaker.requireNewRisk();
        breaker.requireLiquidation(wbtc);
    }

    /// @dev A halt over a stop of one asset: that asset gets what is left of its own six hours, the others all.
    function test_Halt_AfterAStopOfOneAsset_HoldsForThatAssetOnlyForTheRest() public {
        _raise(IGuardian.Level.Liquidation, weth, 4 hours);
        skip(1 hours);
        _raise(IGuardian.Level.Halt, address(0), ALLOWANCE);

        // Two hours of its own, which end before the running stop does.
        assertEq(breaker.liquidationBlockedUntil(weth), START + 4 hours);
        assertEq(breaker.liquidationBlockedUntil(wbtc), START + 1 hours + ALLOWANCE);
        skip(3 hours);
        breaker.requireLiquidation(weth);
        vm.expectRevert(abi.encodeWithSelector(IGuardian.NewRiskStopped.selector, START + 7 hours));
        breaker.requireNewRisk();
    }

    function test_Halt_SevenDaysAfterAStopOfOneAsset_HoldsWhole() public {
        _raise(IGuardian.Level.Liquidation, weth, ALLOWANCE);
        vm.warp(START + ALLOWANCE + REST - 1);
        _raise(IGuardian.Level.Halt, address(0), 1 hours);
        assertLe(breaker.liquidationBlockedUntil(weth), vm.getBlockTimestamp());
        skip(1 hours);
        _raise(IGuardian.Level.Halt, address(0), 1 hours);
        assertEq(breaker.liquidationBlockedUntil(weth), vm.getBlockTimestamp() + 1 hours);
    }

    function test_Lift_ReturnsWhatWasNotUsed() public {
        _raise(IGuardian.Level.Liquidation, weth, ALLOWANCE);
        skip(1 hours);
        vm.expectEmit(address(breaker));
        emit IGuardian.Lifted(IGuardian.Level.Liquidation, weth, START + ALLOWANCE, 1 hours);
        vm.prank(riskAdmin);
        breaker.lift(IGuardian.Level.Liquidation, weth);

        breaker.requireLiquidation(weth);
        assertEq(breaker.allowanceLeft(IGuardian.Level.Liquidation, weth), 5 hours);
        _expectExceeded(IGuardian.Level.Liquidation, weth, 5 hours + 1, 5 hours, 1 hours + REST);
        breaker.raise(IGuardian.Level.Liquidation, weth, 5 hours + 1);
        _raise(IGuardian.Level.Liquidation, weth, 5 hours);
    }

    function test_Lift_Halt_FreesNewRiskAndLiquidation() public {
        _raise(IGuardian.Level.Halt, address(0), ALLOWANCE);
        skip(1);
        vm.prank(riskAdmin);
        breaker.lift(IGuardian.Level.Halt, address(0));
        breaker.requireNewRisk();
        breaker.requireLiquidation(weth);
        assertEq(breaker.allowanceLeft(IGuardian.Level.Liquidation, weth), ALLOWANCE - 1);
    }

    // -------------------------------------------------------------------------------------------------- the claim

    /// @dev A thief has the guardian's key for weeks and takes whatever is left, of either kind, after any wait; the risk admin
    /// lifts now and then. In any 7 days `weth` is kept from liquidation for at most 6 hours.
    function testFuzz_Liquidation_StolenKey_AtMostSixHoursInAnySevenDays(uint256 seed) public {
        for (uint256 i = 0; i < STEPS; ++i) {
            uint256 dice = _random(seed, 3 * i);
            _act(dice % 8, _random(seed, 3 * i + 1));
            // Short waits and long ones, and some to the second of a boundary.
            uint256 wait = dice % 5 == 0 ? REST - (dice >> 8) % 7 hours : (dice >> 8) % 5 hours;
            _record(breaker.liquidationBlockedUntil(weth), vm.getBlockTimestamp() + wait);
            skip(wait);
        }
        assertLe(_largestWindow(REST), ALLOWANCE);
    }

    /// @dev However new risk is stopped at level 1, three days of it are followed by a free day.
    function testFuzz_NewRisk_StolenKey_AtMostThreeDaysBetweenFreeDays(uint256 seed) public {
        uint256 sum = 0;
        uint256 lastEnd = 0;
        for (uint256 i = 0; i < STEPS; ++i) {
            uint256 left = breaker.allowanceLeft(IGuardian.Level.NewRisk, address(0));
            if (left != 0 && breaker.newRiskBlockedUntil() <= vm.getBlockTimestamp()) {
                if (vm.getBlockTimestamp() >= lastEnd + 1 days) sum = 0;
                uint64 duration = uint64(bound(_random(seed, 2 * i), 1, left));
                _raise(IGuardian.Level.NewRisk, address(0), duration);
                sum += duration;
                lastEnd = vm.getBlockTimestamp() + duration;
            }
            assertLe(sum, 3 days);
            skip(_random(seed, 2 * i + 1) % 30 hours);
        }
        assertGt(lastEnd, 0);
    }

    function _act(uint256 choice, uint256 dice) private {
        if (choice < 3) _raiseIfFree(IGuardian.Level.Liquidation, weth, dice);
        else if (choice < 6) _raiseIfFree(IGuardian.Level.Halt, address(0), dice);
        else if (choice == 6) _liftIfRunning(IGuardian.Level.Liquidation, weth);
        else _liftIfRunning(IGuardian.Level.Halt, address(0));
    }

    function _raiseIfFree(IGuardian.Level level, address asset, uint256 dice) private {
        uint256 left = breaker.allowanceLeft(level, asset);
        if (left == 0) return;
        vm.prank(key);
        // Refused where it runs: nothing else may refuse it.
        try breaker.raise(level, asset, uint64(dice % 3 == 0 ? left : 1 + dice % left)) {}
        catch (bytes memory reason) {
            _assertReason(reason, IGuardian.StopStillRunning.selector);
        }
    }

    function _liftIfRunning(IGuardian.Level level, address asset) private {
        vm.prank(riskAdmin);
        try breaker.lift(level, asset) {}
        catch (bytes memory reason) {
            _assertReason(reason, IGuardian.NothingToLift.selector);
        }
    }

    function _assertReason(bytes memory reason, bytes4 selector) private pure {
        // casting to 'bytes4' is safe because the selector is what is compared
        // forge-lint: disable-next-line(unsafe-typecast)
        assertEq(bytes4(reason), selector);
    }

    function _record(uint256 blockedUntil, uint256 nextAt) private {
        uint256 to = blockedUntil < nextAt ? blockedUntil : nextAt;
        if (to <= vm.getBlockTimestamp()) return;
        _from.push(vm.getBlockTimestamp());
        _to.push(to);
    }

    /// @dev The sum of the stretches inside any window; it suffices to begin one with each stretch.
    function _largestWindow(uint256 window) private view returns (uint256 largest) {
        for (uint256 i = 0; i < _from.length; ++i) {
            uint256 end = _from[i] + window;
            uint256 sum = 0;
            for (uint256 j = i; j < _from.length && _from[j] < end; ++j) {
                sum += (_to[j] < end ? _to[j] : end) - _from[j];
            }
            if (sum > largest) largest = sum;
        }
    }

    // ---------------------------------------------------------------------------------------------------- helpers

    function _assign(bytes4 selector, uint64 role) private {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        manager.setTargetFunctionRole(address(breaker), selectors, role);
    }

    function _raise(IGuardian.Level level, address asset, uint64 duration) private {
        vm.prank(key);
        breaker.raise(level, asset, duration);
    }

    function _expect(bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(key);
    }

    function _expectRunning(IGuardian.Level level, address asset, uint256 until) private {
        _expect(abi.encodeWithSelector(IGuardian.StopStillRunning.selector, level, asset, until));
    }

    /// @dev The last number is given as time since the start, or, where nothing was ever raised, as it is.
    function _expectExceeded(IGuardian.Level level, address asset, uint256 duration, uint256 left, uint256 whole)
        private
    {
        bool fresh = breaker.liquidationBlockedUntil(weth) == 0 && breaker.newRiskBlockedUntil() == 0;
        _expect(
            abi.encodeWithSelector(
                IGuardian.AllowanceExceeded.selector, level, asset, duration, left, fresh ? whole : START + whole
            )
        );
    }

    function _random(uint256 seed, uint256 index) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, index)));
    }
}
