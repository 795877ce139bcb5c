// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {LiquidationMath} from "../../../contracts/libraries/LiquidationMath.sol";

/// @title The share of the largest bonus is between a half and the whole
/// @custom:bug contracts/libraries/LiquidationMath.sol: `uint256 depth = FixedPointMathLib.min(WAD,` => `uint256 depth = FixedPointMathLib.max(WAD,`
contract BonusRateIsAShare {
    function check(uint256 health) external pure {
        require(health < 1e18);
        uint256 rate = LiquidationMath.bonusRateDown(health);
        assert(0.5e18 <= rate && rate <= 1e18);
    }
}

/// @title Worse health never has a smaller bonus
/// @custom:bug contracts/libraries/LiquidationMath.sol: `(WAD - health) * WAD / FULL_BONUS_UNDER_HEALTH` => `health * WAD / FULL_BONUS_UNDER_HEALTH`
contract BonusGrowsWithUnderHealth {
    function check(uint256 worse, uint256 better) external pure {
        require(worse <= better && better < 1e18);
        assert(LiquidationMath.bonusRateDown(worse) >= LiquidationMath.bonusRateDown(better));
    }
}

/// @title An account of which the capacity covers the debt is healthy
/// @custom:bug contracts/libraries/LiquidationMath.sol: `FixedPointMathLib.fullMulDiv(capacity, WAD, debtValue);` => `FixedPointMathLib.fullMulDiv(capacity, WAD, debtValue + 1);`
contract CoveredIsHealthy {
    function check(uint128 capacity, uint128 debt) external pure {
        require(capacity >= debt);
        assert(LiquidationMath.healthDown(capacity, debt) >= 1e18);
    }
}

/// @title No more is seized from a lot than it holds
/// @custom:bug contracts/libraries/LiquidationMath.sol: `if (repay >= limit) return (limit, lot.balance);` => `if (repay >= limit) return (limit, lot.balance + 1);`
contract SeizureStaysInsideTheLot {
    function check(uint128 balance, uint64 repay) external pure {
        LiquidationMath.Lot memory lot;
        lot.balance = balance;
        lot.price = 3000e18;
        lot.unit = 1e18;
        lot.bonus = 0.05e18;
        (, uint256 seize) = LiquidationMath.take(lot, repay, 1e12);
        assert(seize <= balance);
    }
}

/// @title The bonus makes no deficit: the collateral pays for all of the debt and the largest bonus on it
/// @custom:bug contracts/libraries/LiquidationMath.sol: `return FixedPointMathLib.zeroFloorSub(FixedPointMathLib.fullMulDiv(total, WAD, debtValue), WAD + tip);` => `return FixedPointMathLib.fullMulDiv(total, WAD, debtValue);`
contract BonusMakesNoDeficit {
    function check(uint128 total, uint128 debt) external pure {
        require(debt > 0);
        uint256 bonus = LiquidationMath.affordableBonusDown(total, debt, 0);
        assert(bonus == 0 || uint256(debt) * (1e18 + bonus) <= uint256(total) * 1e18);
    }
}
