// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IGuardian} from "../../../contracts/interfaces/IGuardian.sol";
import {IInsuranceFund} from "../../../contracts/interfaces/IInsuranceFund.sol";
import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {IOracleHub} from "../../../contracts/interfaces/IOracleHub.sol";
import {LiquidationLimits} from "../../../contracts/types/LiquidationLimits.sol";
import {HubWorld} from "./HubWorld.sol";

/// @title Everything that feeds, a sequencer, a guardian, an insurance fund and their users do
/// @dev A refusal is caught only where the rules ask for exactly that refusal.
contract HubHandler is HubWorld {
    /// @dev The marks of an asset as an onlooker keeps them.
    struct Marks {
        uint256 since;
        uint256 last;
    }

    Marks[2] private _marks;
    /// @dev When the withdrawal that stands was announced; 0 where none stands.
    uint256 private _announcedAt;
    address private _announcedTo;
    uint256 private _announced;
    /// @notice What the fund should hold.
    uint256 public insured;

    // ------------------------------------------------------------------------------------------------------- feeds

    function moveMarket(uint256 which, uint256 factor) external {
        which %= 2;
        uint256 start = which == 0 ? 3000e8 : 60_000e8;
        uint256 moved = market[which] * bound(factor, 0.7e18, 1.4e18) / WAD;
        market[which] = FixedPointMathLib.clamp(moved, start / 4, start * 3);
        _pushAll();
        ++counted["market"];
    }

    /// @dev Any answer at all: near the truth, far off, at a bound, zero or negative.
    function lie(uint256 which, uint256 index, uint256 answer) external {
        which %= 2;
        _setLiar(which, index % FEEDS);
        uint256 near = bound(answer, market[which] * 95 / 100, market[which] * 105 / 100);
        int256 far = int256(bound(answer, 0, 1.1e16)) - 1;
        // Test values are far under the limit of the type.
        // forge-lint: disable-next-line(unsafe-typecast)
        feeds[which][liar[which]].push(answer % 2 == 0 ? int256(near) : far);
        ++counted["lie"];
    }

    function setFeedDown(uint256 which, uint256 index, bool down) external {
        feeds[which % 2][index % FEEDS].setDown(down);
        ++counted["feed down"];
    }

    function freeze(uint256 which, uint256 index) external {
        frozen[which % 2] = index % 5 == 4 ? NOBODY : index % 5;
        ++counted["freeze"];
    }

    function heal(uint256 which) external {
        which %= 2;
        (liar[which], frozen[which]) = (NOBODY, NOBODY);
        for (uint256 i = 0; i < FEEDS; ++i) {
            feeds[which][i].setDown(false);
        }
        _pushAll();
        ++counted["heal"];
    }

    function switchSequencer(bool up) external {
        sequencer.push(up ? int256(0) : int256(1));
        ++counted["sequencer"];
    }

    /// @dev One call as the guardian, one as the risk admin: each only where the feed is where it says.
    function useFallback(uint256 which, uint256 index, bool restore) external {
        address asset = address(tokens[which % 2]);
        (bool inUse,) = hub.fallbackInUse(asset);
        if (inUse && restore) {
            hub.restoreFeed(asset);
            ++counted["restore"];
            return;
        }
        vm.prank(keyOfGuardian);
        try hub.useFallback(asset, index % 3) {
            assertFalse(inUse, "154: the guardian chose a second time");
            ++counted["fallback"];
        } catch (bytes memory reason) {
            // A refusal is told by its first four bytes.
            // forge-lint: disable-next-line(unsafe-typecast)
            assertTrue(inUse && bytes4(reason) == IOracleHub.FallbackInUse.selector, "154: another refusal");
        }
    }

    function wait(uint256 time) external {
        _pass(bound(time, 1 minutes, 12 hours));
        ++counted["wait"];
    }

    /// @dev A long quiet time, for the walk at the end of a run.
    function rest(uint256 time) external {
        _pass(time);
    }

    function markOutage(uint256 which) external {
        which %= 2;
        address asset = address(tokens[which]);
        bool priced = hub.reading(asset).status == IOracleHub.PriceStatus.Ok;
        vm.prank(stranger);
        try hub.markOutage(asset) {
            assertFalse(priced, "155: an outage is marked while there is a price");
            Marks storage marks = _marks[which];
            if (vm.getBlockTimestamp() - marks.last > hub.repayWindow()) marks.since = vm.getBlockTimestamp();
            marks.last = vm.getBlockTimestamp();
            ++counted["mark"];
        } catch (bytes memory reason) {
            // A refusal is told by its first four bytes.
            // forge-lint: disable-next-line(unsafe-typecast)
            assertTrue(priced && bytes4(reason) == IOracleHub.NoOutage.selector, "155: another refusal");
        }
    }

    /// @notice Whether the onlooker's marks make a repay window now.
    function inWindow(uint256 which) public view returns (bool) {
        Marks memory marks = _marks[which];
        return marks.last != 0 && marks.last - marks.since >= hub.outageMinimum()
            && vm.getBlockTimestamp() < marks.last + hub.repayWindow();
    }

    // ---------------------------------------------------------------------------------------------------- borrowers

    /// @dev Never refused, whatever is dead, divided or stopped.
    function addAndRepay(uint256 who, uint256 amount) external {
        bytes32 account = holders[who % 2];
        _add(account, weth, bound(amount, 1, 1e18));
        ++counted["add"];
        uint256 debt = vault.position(account).debt;
        if (debt == 0) return;
        // All of it or a little: a loan that is nearly paid may stay.
        _repayFrom(stranger, account, amount % 4 == 0 ? type(uint256).max : bound(amount, 1, debt));
        ++counted["repay"];
    }

    function borrow(uint256 who, uint256 amount) external {
        bytes32 account = holders[who % 2];
        IMarginVault.Valuation memory worth = vault.valuation(account);
        // Debt rounds up by a unit, old and new.
        uint256 room = FixedPointMathLib.zeroFloorSub(worth.borrowCapacity, worth.debt + 2e12) / 1e12;
        room = FixedPointMathLib.min(room, vault.cash());
        if (room < 100e6) return;
        bool stopped = guardian.newRiskBlockedUntil() > vm.getBlockTimestamp();
        address owner = vault.ownerOf(account);
        vm.prank(owner);
        try vault.borrow(account, bound(amount, 100e6, room), owner, "") {
            assertFalse(stopped, "150: new risk while it is stopped");
            ++counted["borrow"];
        } catch (bytes memory reason) {
            // A refusal is told by its first four bytes.
            // forge-lint: disable-next-line(unsafe-typecast)
            assertTrue(stopped && bytes4(reason) == IGuardian.NewRiskStopped.selector, "150: another refusal");
            ++counted["borrow stopped"];
        }
    }

    /// @dev Collateral of an account that owes nothing is never trapped, with or without prices, under any stop.
    function withdrawFree(uint256 amount) external {
        uint256 held = vault.position(holders[2]).collateral[0];
        if (held < 1e15) {
            _add(holders[2], weth, 5e18);
            held += 5e18;
        }
        vm.prank(alice);
        vault.withdrawCollateral(holders[2], address(weth), bound(amount, 1, held), alice, "");
        ++counted["withdraw"];
    }

    // -------------------------------------------------------------------------------------------------- liquidation

    function liquidate(uint256 who) external {
        bytes32 account = holders[who % 2];
        if (vault.health(account) >= WAD) return;
        bool[2] memory free = [_seizable(0), _seizable(1)];
        uint256[] memory before = vault.position(account).collateral;
        uint256 fund = insurance.balance();
        uint256 deficit = vault.totalDeficit();
        usdc.mint(address(this), 1e14);
        usdc.approve(address(vault), type(uint256).max);
        try vault.liquidate(
            account, LiquidationLimits(type(uint256).max, new uint256[](2), vm.getBlockTimestamp()), ""
        ) {
            ++counted["liquidate"];
        } catch (bytes memory reason) {
            // A refusal is told by its first four bytes.
            // forge-lint: disable-next-line(unsafe-typecast)
            assertEq(bytes4(reason), IMarginVault.NothingSeizable.selector, "145: another refusal");
            assertFalse((free[0] && before[0] != 0) || (free[1] && before[1] != 0), "145: refused without a reason");
            ++counted["nothing seizable"];
        }
        uint256[] memory later = vault.position(account).collateral;
        for (uint256 i = 0; i < 2; ++i) {
            if (!free[i]) {
                assertEq(later[i], before[i], "145, 146: seized without a price, in the window or while stopped");
            }
        }
        insured -= fund - insurance.balance();
        if (insurance.balance() < fund) ++counted["insurance covered"];
        assertTrue(vault.totalDeficit() == deficit || insurance.balance() == 0, "152: lenders paid before the fund");
    }

    /// @dev By the onlooker's own books.
    function _seizable(uint256 which) private view returns (bool) {
        address asset = address(tokens[which]);
        return hub.reading(asset).status == IOracleHub.PriceStatus.Ok && !inWindow(which)
            && guardian.liquidationBlockedUntil(asset) <= vm.getBlockTimestamp();
    }

    // ----------------------------------------------------------------------------------------------------- guardian

    function raise(uint256 level, uint256 which, uint256 duration) external {
        IGuardian.Level kind = IGuardian.Level(level % 3 + 1);
        address asset = kind == IGuardian.Level.Liquidation ? address(tokens[which % 2]) : address(0);
        uint256 left = guardian.allowanceLeft(kind, asset);
        IMarginVault.Valuation memory before = vault.valuation(holders[0]);
        uint64 time = uint64(bound(duration, 1, kind == IGuardian.Level.NewRisk ? 3 days : 6 hours));
        vm.prank(keyOfGuardian);
        try guardian.raise(kind, asset, time) {
            assertLe(time, left, "148: a stop is longer than its allowance");
            ++counted["raise"];
        } catch (bytes memory reason) {
            // A refusal is told by its first four bytes.
            // forge-lint: disable-next-line(unsafe-typecast)
            bool spent = bytes4(reason) == IGuardian.AllowanceExceeded.selector && time > left;
            // A refusal is told by its first four bytes.
            // forge-lint: disable-next-line(unsafe-typecast)
            assertTrue(spent || bytes4(reason) == IGuardian.StopStillRunning.selector, "148: another refusal");
            ++counted["raise refused"];
        }
        assertEq(
            keccak256(abi.encode(vault.valuation(holders[0]))), keccak256(abi.encode(before)), "151: a stop moved worth"
        );
    }

    function lift(uint256 level, uint256 which) external {
        IGuardian.Level kind = IGuardian.Level(level % 3 + 1);
        address asset = kind == IGuardian.Level.Liquidation ? address(tokens[which % 2]) : address(0);
        try guardian.lift(kind, asset) {
            ++counted["lift"];
        } catch (bytes memory reason) {
            // A refusal is told by its first four bytes.
            // forge-lint: disable-next-line(unsafe-typecast)
            assertEq(bytes4(reason), IGuardian.NothingToLift.selector, "151: another refusal");
        }
    }

    /// @dev Whoever has the guardian's key tries everything that would loosen something or move money.
    function overreach(uint256 which) external {
        address asset = address(tokens[which % 2]);
        (address target, bytes memory call) = which % 3 == 0
            ? (address(guardian), abi.encodeCall(guardian.lift, (IGuardian.Level.NewRisk, address(0))))
            : which % 3 == 1
                ? (address(hub), abi.encodeCall(hub.restoreFeed, (asset)))
                : (address(insurance), abi.encodeCall(insurance.announceWithdrawal, (keyOfGuardian, 1)));
        vm.prank(keyOfGuardian);
        (bool done, bytes memory reason) = target.call(call);
        assertFalse(done, "151: the guardian loosened something");
        // A refusal is told by its first four bytes.
        // forge-lint: disable-next-line(unsafe-typecast)
        assertEq(bytes4(reason), IAccessManaged.AccessManagedUnauthorized.selector, "151: another refusal");
        ++counted["overreach"];
    }

    // ---------------------------------------------------------------------------------------------------- insurance

    function insure(uint256 amount) external {
        amount = bound(amount, 1, 5000e6);
        usdc.mint(stranger, amount);
        vm.startPrank(stranger);
        usdc.approve(address(insurance), amount);
        insurance.deposit(amount);
        vm.stopPrank();
        insured += amount;
        ++counted["insure"];
    }

    function announce(uint256 amount, bool cancel) external {
        if (cancel && _announcedAt != 0) {
            insurance.cancelWithdrawal();
            _announcedAt = 0;
            return;
        }
        (_announcedAt, _announcedTo, _announced) = (vm.getBlockTimestamp(), lender, bound(amount, 1, 3000e6));
        insurance.announceWithdrawal(_announcedTo, _announced);
        ++counted["announce"];
    }

    /// @dev Anyone may try at any time; it pays the announced person alone, and only on the eighth day.
    function withdrawInsurance() external {
        (uint256 age, uint256 held) = (vm.getBlockTimestamp() - _announcedAt, insurance.balance());
        uint256 owned = usdc.balanceOf(_announcedTo);
        vm.prank(stranger);
        try insurance.executeWithdrawal() returns (uint256 paid) {
            assertTrue(_announcedAt != 0 && age >= 7 days && age <= 8 days, "152: paid without a week's notice");
            assertEq(paid, FixedPointMathLib.min(_announced, held), "152: another amount than announced");
            assertEq(usdc.balanceOf(_announcedTo), owned + paid, "152: paid to somebody else");
            insured -= paid;
            _announcedAt = 0;
            ++counted["insurance withdrawn"];
        } catch (bytes memory reason) {
            bytes4 wanted = _announcedAt == 0
                ? IInsuranceFund.NoWithdrawalAnnounced.selector
                : age < 7 days ? IInsuranceFund.WithdrawalTooEarly.selector : IInsuranceFund.WithdrawalLapsed.selector;
            // A refusal is told by its first four bytes.
            // forge-lint: disable-next-line(unsafe-typecast)
            assertEq(bytes4(reason), wanted, "152: another refusal");
            ++counted["insurance kept"];
        }
    }

    /// @dev Somebody who is not the vault asks for the money.
    function coverByStranger(uint256 amount) external {
        vm.prank(stranger);
        try insurance.cover(amount) {
            assertTrue(false, "153: the fund paid somebody else than the vault");
        } catch (bytes memory reason) {
            // A refusal is told by its first four bytes.
            // forge-lint: disable-next-line(unsafe-typecast)
            assertEq(bytes4(reason), IInsuranceFund.CallerNotVault.selector, "153: another refusal");
            ++counted["cover refused"];
        }
    }
}
