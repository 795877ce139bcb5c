// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FactorMath} from "../../../contracts/libraries/FactorMath.sol";

/// @title The ramp never leaves the way from its start to its target
/// @custom:bug contracts/libraries/FactorMath.sol: `if (moved >= FixedPointMathLib.dist(lnStart, lnEnd)) return lnEnd;` => ``
contract RampStaysBetweenStartAndTarget {
    function check(int128 start, int128 target, uint64 rate, uint32 elapsed) external pure {
        int256 now_ = FactorMath.ramp(start, target, rate, elapsed);
        assert(start <= target ? start <= now_ && now_ <= target : target <= now_ && now_ <= start);
    }
}

/// @title The ramp never moves further than its rate allows, in either direction
/// @custom:bug contracts/libraries/FactorMath.sol: `if (moved >= FixedPointMathLib.dist(lnStart, lnEnd)) return lnEnd;` => `if (moved * 2 >= FixedPointMathLib.dist(lnStart, lnEnd)) return lnEnd;`
contract RampKeepsItsRate {
    uint256 private constant RATE = 0.021309e18;

    function check(int128 start, int128 target, uint32 elapsed) external pure {
        int256 moved = FactorMath.ramp(start, target, RATE, elapsed) - start;
        // forge-lint: disable-next-line(unsafe-typecast)
        int256 allowed = int256(RATE * elapsed / 1 days);
        assert(-allowed <= moved && moved <= allowed);
    }
}

/// @title A ramp upwards never turns back as time goes on
/// @custom:bug contracts/libraries/FactorMath.sol: `return lnEnd < lnStart ? lnStart - moved.toInt256() : lnStart + moved.toInt256();` => `return lnEnd < lnStart ? lnStart - moved.toInt256() : lnEnd - moved.toInt256();`
contract RampIsMonotoneUpwards {
    uint256 private constant RATE = 0.021309e18;

    function check(int128 start, int128 target, uint32 earlier, uint32 later) external pure {
        require(earlier <= later && start <= target);
        assert(FactorMath.ramp(start, target, RATE, earlier) <= FactorMath.ramp(start, target, RATE, later));
    }
}

/// @title At the moment of a report maintenance stands where it stood
/// @custom:bug contracts/libraries/FactorMath.sol: `uint256 moved = ratePerDay * elapsed / DAY;` => `uint256 moved = ratePerDay * (elapsed + 1) / DAY;`
contract RampStartsWhereItStood {
    function check(int128 start, int128 target, uint64 rate) external pure {
        assert(FactorMath.ramp(start, target, rate, 0) == start);
    }
}

/// @title A factor of a logarithm that is not positive is at most 1
/// @custom:bug contracts/libraries/FactorMath.sol: `return FixedPointMathLib.expWad(lnFactor).toUint256();` => `return FixedPointMathLib.expWad(-lnFactor).toUint256();`
contract FactorIsAtMostOne {
    function check(int256 lnFactor) external pure {
        require(lnFactor <= 0);
        assert(FactorMath.factorDown(lnFactor) <= 1e18);
    }
}

/// @title The volatility of maintenance never leaves the way from its start to its end
/// @custom:bug contracts/libraries/FactorMath.sol: `return FixedPointMathLib.max(FixedPointMathLib.zeroFloorSub(start, moved / scale), end);` => `return FixedPointMathLib.zeroFloorSub(start, moved / scale);`
contract VolatilityStaysBetweenStartAndEnd {
    uint256 private constant RATE = 0.021309e18;
    uint256 private constant LOSS = 0.1395e18;

    function check(uint64 start, uint64 end, uint32 elapsed) external pure {
        uint256 now_ = FactorMath.volatilityRampUp(start, end, RATE, LOSS, elapsed);
        assert(start <= end ? start <= now_ && now_ <= end : end <= now_ && now_ <= start);
    }
}
